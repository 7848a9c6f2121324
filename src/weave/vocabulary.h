// Rows of a tensor under other numbers.
#pragma once

#include <cstdint>
#include <vector>

#include "amalgam/tensor.h"

namespace amalgam {

// The tensor whose row numbers[i] is row i of `tensor`. Reads rows when they are asked for.
// REQUIRES: `numbers` is a permutation of the first dimension.
Tensor renumbered(const Tensor& tensor, const std::vector<std::uint32_t>& numbers);
// What renumbered() came from.
Tensor numbered_back(const Tensor& tensor, const std::vector<std::uint32_t>& numbers);

}  // namespace amalgam
