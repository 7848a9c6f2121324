// What can be exact about one tensor's values: each a number that is round where code made it so.
#pragma once

#include <vector>

#include "audit/network_view.h"
#include "audit/specialness.h"

namespace amalgam {

// The first rows of a tensor, or all of it.
struct TensorSample {
  const ViewedTensor* tensor = nullptr;
  std::uint64_t rows = 0, width = 0;  // of what was read
  std::vector<float> values;          // [rows, width]
  bool whole = false;
  bool constant = false;  // all values are the same

  std::span<const float> row(std::uint64_t r) const {
    return std::span(values).subspan(r * width, width);
  }
};

// Nothing where it is empty, or no float32.
std::optional<TensorSample> sample_tensor(const ViewedTensor& tensor);

struct TensorMeasure {
  std::string name;  // "the smallest norm of a row"
  Measured measured;
};

// Of one tensor. Of constants it says only that they are.
std::vector<TensorMeasure> measures_of(const TensorSample& sample);

}  // namespace amalgam
