// Where a value stands between the ends of an axis, and which values are written along it.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "curves/summary.h"

namespace amalgam {

class Scale {
 public:
  // Holds the range, also where that is of one value, or of more than a double can tell apart.
  static Scale linear(Range range);
  // In powers of ten where that shows more: all values are above 0, and far apart.
  static Scale of_rates(Range range);

  // From 0 at the least value to 1 at the largest. REQUIRES: a finite value of the range.
  double place(double value) const;
  bool logarithmic() const { return logarithmic_; }
  // Round values of the range, in order, about `most` at the most.
  std::vector<double> ticks(std::size_t most) const;

 private:
  Scale(Range range, bool logarithmic) : range_(range), logarithmic_(logarithmic) {}
  std::vector<double> linear_ticks(std::size_t most) const;
  std::vector<double> powers_of_ten(std::size_t most) const;

  Range range_;
  bool logarithmic_;
};

// As it is written along an axis: at most six digits.
std::string tick_text(double value);

}  // namespace amalgam
