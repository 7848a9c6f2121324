// What a scaler's arithmetic leaves: by how much results are off what they should be.
#pragma once

#include <vector>

namespace amalgam {

// 0 for none.
double root_mean_square(const std::vector<double>& numbers);

// Whether two levels may be of one arithmetic.
bool alike(double a, double b);

// What is to be added to results that rounding leaves off by `rounding`, a root mean square, so
// that they are off as `left` are: these, a little less; one 0 where rounding leaves as much.
std::vector<double> beyond_rounding(const std::vector<double>& left, double rounding);

}  // namespace amalgam
