// The hot loop: one row of every stream becomes one augmented row.
//
// Each stream's positions ascend, so the bytes of a stream that fall into one block of the output
// lie next to each other in its row. A block is therefore one load per stream, spread by a mask
// (AVX-512 VBMI2), or shuffled by a fixed table: blocks of 64 bytes with AVX-512 VBMI, of 16 with
// SSSE3; else the same tables drive a plain loop. Masks and tables are made once for all rows.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"

namespace amalgam {

class RowMerger {
 public:
  enum class Instructions { kPlain, kSsse3, kVbmi, kVbmi2 };

  // Streams as lists of ascending columns that together are 0..total-1, each of `item` bytes.
  RowMerger(const std::vector<const std::vector<std::uint64_t>*>& columns, std::size_t item);
  // The same with fewer instructions than the machine has, for tests.
  RowMerger(const std::vector<const std::vector<std::uint64_t>*>& columns, std::size_t item,
            Instructions most);

  std::size_t row_bytes() const { return row_bytes_; }
  // sources[i]: the row of stream i; out: row_bytes(). ahead[i]: a row that is soon merged, which
  // is brought into the cache on the way, because rows come in random order, which no hardware
  // foresees; fetched in one go it would stall the loop.
  void merge(const std::byte* const* sources, const std::byte* const* ahead, std::byte* out) const;
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
    bool spreads;  // the bytes kept are the load's first, in their order
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
  void merge_vbmi2(const std::byte* const* sources, const std::byte* const* ahead,
                   std::byte* out) const;
  void merge_vbmi(const std::byte* const* sources, const std::byte* const* ahead,
                  std::byte* out) const;
  void merge_ssse3(const std::byte* const* sources, const std::byte* const* ahead,
                   std::byte* out) const;
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
