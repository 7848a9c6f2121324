// Elements of the dtypes that features have, as numbers: a row at a time, because a job has
// hundreds of millions of them.
#pragma once

#include <algorithm>
#include <span>

#include "amalgam/tensor.h"
#include "base/bytes.h"
#include "noise/grid.h"

namespace amalgam {

// Throws kUnsupported. REQUIRES: as many elements as `out` has, aligned for their dtype.
template <typename Number>
void load_numbers(DType dtype, Bytes bytes, std::span<Number> out) {
  const auto copy = [&](const auto& values) {
    std::transform(values.begin(), values.end(), out.begin(),
                   [](auto value) { return static_cast<Number>(value); });
  };
  switch (dtype) {
    case DType::kUInt8:
      return copy(view_as<std::uint8_t>(bytes));
    case DType::kInt32:
      return copy(view_as<std::int32_t>(bytes));
    case DType::kInt64:
      return copy(view_as<std::int64_t>(bytes));
    case DType::kFloat32:
      return copy(view_as<float>(bytes));
    default:
      load_number(dtype, bytes, 0);  // says what is taken
  }
}

template <typename Number>
void load_numbers(DType dtype, Bytes bytes, std::vector<Number>& out) {
  load_numbers(dtype, bytes, std::span<Number>(out));
}

}  // namespace amalgam
