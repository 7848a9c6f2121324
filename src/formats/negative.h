// Values below zero: where the first is.
#pragma once

#include <cstdint>
#include <optional>

#include "amalgam/tensor.h"

namespace amalgam {

// The first element below 0 of a floating tensor; -0 and NaN are not. Nothing for the 8-bit floats.
// REQUIRES: tensor.source->view() has its bytes.
std::optional<std::uint64_t> first_negative(const Tensor& tensor);

}  // namespace amalgam
