// The rows of a dataset by class, and its samples as images: what generators ask of data.
#pragma once

#include <vector>

#include "amalgam/dataset.h"

namespace amalgam {

// Rows of one class number; one group for all where no target is a class number.
struct RowClasses {
  std::vector<std::uint32_t> group_of;             // by row
  std::vector<std::vector<std::uint64_t>> groups;  // rows, ascending
};
RowClasses rows_by_class(const Dataset& data);

// A sample as planes of an image: [C, H, W], [H, W], or else one line.
struct Planes {
  std::uint64_t channels = 1, height = 1, width = 1;
  std::uint64_t area() const { return height * width; }
};
Planes planes_of(const Field& field);

}  // namespace amalgam
