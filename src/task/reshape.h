// How a sample of one shape becomes one of another, where only one order of its values can be
// meant.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "amalgam/graph.h"
#include "amalgam/tensor.h"

namespace amalgam {

// The shape of a sample of `own` for an input of `taken` (without the batch; symbolic dimensions
// take any size). Dimensions of size 1 come and go; a sample becomes flat in row-major order, and a
// flat one becomes one of two dimensions. Nothing else is reshaped: [8, 8, 3] and [192] could each
// mean more than one [3, 8, 8].
std::optional<Shape> reshaped(const Shape& own, std::span<const Dim> taken);
std::optional<Shape> reshaped(const Shape& own, const Shape& taken);

// What to do about a sample that is not reshaped: "; transpose it: x.transpose(0, 3, 1, 2)". Empty
// where the numbers of values differ.
std::string reshape_cure(const Shape& own, const Shape& taken, const std::string& name);

}  // namespace amalgam
