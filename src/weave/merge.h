// The hot loop: one row of every stream becomes one augmented row.
//
// Each stream's positions ascend, so the bytes of a stream that fall into one block of 16 output
// bytes lie next to each other in its row. A block is therefore a few loads, each shuffled by a
// fixed mask, or-ed together: the masks are made once for all rows. Without SSSE3 the same table
// drives a plain loop.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/bytes.h"

namespace amalgam {

class RowMerger {
 public:
  // Streams as lists of ascending columns that together are 0..total-1, each of `item` bytes.
  RowMerger(const std::vector<const std::vector<std::uint64_t>*>& columns, std::size_t item);

  std::size_t row_bytes() const { return row_bytes_; }
  // sources[i]: the row of stream i; out: row_bytes().
  void merge(const std::byte* const* sources, std::byte* out) const;

 private:
  static constexpr std::size_t kBlock = 16;
  // One load of a block: 16 bytes at `offset` of a stream's row, shuffled by `mask` (0x80 gives
  // zero).
  struct Load {
    std::uint32_t stream;
    std::uint32_t offset;
    std::array<std::uint8_t, kBlock> mask;
  };
  struct Copy {  // single bytes, where a block can't be loaded whole
    std::uint64_t stream, from, to;
  };

  void add_block(const std::vector<std::pair<std::uint32_t, std::uint64_t>>& origin, std::size_t at,
                 const std::vector<std::uint64_t>& widths);
  void merge_ssse3(const std::byte* const* sources, std::byte* out) const;
  void merge_plain(const std::byte* const* sources, std::byte* out) const;

  std::size_t row_bytes_ = 0;
  std::vector<Load> loads_;
  std::vector<std::uint32_t> first_load_;  // of each block, and one past the last
  std::vector<Copy> copies_;
};

}  // namespace amalgam
