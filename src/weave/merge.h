// The hot loop: one row of every stream becomes one augmented row.
//
// Each stream's positions ascend, so the bytes of a stream that fall into one block of the output
// lie next to each other in its row. A block is therefore one load per stream, shuffled by a fixed
// table; the tables are made once for all rows. Blocks are 64 bytes with AVX-512 VBMI, else 16 with
// SSSE3, else the same tables drive a plain loop.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"

namespace amalgam {

class RowMerger {
 public:
  enum class Instructions { kPlain, kSsse3, kVbmi };

  // Streams as lists of ascending columns that together are 0..total-1, each of `item` bytes.
  RowMerger(const std::vector<const std::vector<std::uint64_t>*>& columns, std::size_t item);
  // The same with fewer instructions than the machine has, for tests.
  RowMerger(const std::vector<const std::vector<std::uint64_t>*>& columns, std::size_t item,
            Instructions most);

  std::size_t row_bytes() const { return row_bytes_; }
  // sources[i]: the row of stream i; out: row_bytes().
  void merge(const std::byte* const* sources, std::byte* out) const;
  // Call after the last row, before another thread reads: stores past the caches are not ordered
  // otherwise.
  static void publish();

 private:
  // One load of a block: `block_` bytes at `offset` of a stream's row, of which `keep` says which
  // output bytes they fill.
  struct Load {
    std::uint32_t stream;
    std::uint32_t offset;
    std::uint64_t keep;
  };
  struct Copy {  // single bytes, where a block can't be loaded or stored whole
    std::uint64_t stream, from, to;
  };
  struct Origin {
    std::uint32_t stream;
    std::uint64_t byte;
  };

  void add_block(const std::vector<Origin>& origin, std::size_t at,
                 const std::vector<std::uint64_t>& widths);
  std::size_t find_load(std::size_t first, const Origin& origin, std::uint64_t width);
  void merge_vbmi(const std::byte* const* sources, std::byte* out) const;
  void merge_ssse3(const std::byte* const* sources, std::byte* out) const;
  void merge_plain(const std::byte* const* sources, std::byte* out) const;

  Instructions instructions_;
  std::size_t block_;
  std::size_t row_bytes_ = 0;
  std::vector<Load> loads_;
  std::vector<std::uint8_t>
      shuffles_;  // of each load, `block_` indices; 0x80 where nothing is kept
  std::vector<std::uint32_t> first_load_;  // of each block, and one past the last
  std::vector<Copy> copies_;
};

}  // namespace amalgam
