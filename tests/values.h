// Values in memory, as tensors have them.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "amalgam/tensor.h"

namespace amalgam {

template <typename T>
std::vector<std::byte> bytes_of(const std::vector<T>& values) {
  const auto bytes = std::as_bytes(std::span(values));
  return {bytes.begin(), bytes.end()};
}

// A tensor of one dimension, unless another shape is given.
template <typename T>
Tensor tensor_of(DType dtype, const std::vector<T>& values, std::optional<Shape> shape = {}) {
  return {dtype, shape.value_or(Shape{values.size()}), memory_source(bytes_of(values))};
}

// All values of a tensor, read from its source.
template <typename T>
std::vector<T> values_of(const Tensor& tensor) {
  std::vector<T> values(element_count(tensor.shape));
  tensor.source->read(0, std::as_writable_bytes(std::span(values)));
  return values;
}

}  // namespace amalgam
