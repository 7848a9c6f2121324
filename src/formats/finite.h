// Values that are not finite: where they are, at the speed of memory.
#pragma once

#include <utility>
#include <vector>

#include "amalgam/tensor.h"
#include "base/bytes.h"

namespace amalgam {

// [first element, count] runs of infinities and NaNs, ascending.
using NotFiniteRuns = std::vector<std::pair<std::uint64_t, std::uint64_t>>;

// Appends the runs of a piece that begins at element `first`; runs that touch are joined.
// Integer dtypes and the 8-bit floats have none.
void scan_not_finite(DType dtype, Bytes piece, std::uint64_t first, NotFiniteRuns& runs);

// All runs of a tensor. Blocks are read side by side.
NotFiniteRuns not_finite_runs(const Tensor& tensor);

}  // namespace amalgam
