// The values that a field can take.
#pragma once

#include <vector>

#include "amalgam/dataset.h"
#include "base/bytes.h"

namespace amalgam {

// The distinct values of a field, sorted, as far as there are few enough for a grid to be seen;
// otherwise its range.
struct Grid {
  static constexpr std::size_t kMost = 65536;
  std::vector<double> values;  // empty: no grid
  double least = 0, most = 0;

  // The grid's value nearest to `value`, within the range.
  double snap(double value) const;
};

Grid find_grid(const Field& field);

// One element as a number, and back. REQUIRES: uint8, int32, int64 or float32.
double load_number(DType dtype, Bytes bytes, std::uint64_t element);
double load_number(const Field& field, std::uint64_t element);
void store_number(DType dtype, MutableBytes out, std::size_t element, double value);

}  // namespace amalgam
