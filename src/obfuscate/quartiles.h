// Quartiles of columns, which scalers for data with outliers go by.
#pragma once

#include <cstddef>

#include "obfuscate/real_rows.h"

namespace amalgam {

struct Quartiles {
  double lower = 0, median = 0, upper = 0;
};

// Interpolated linearly, as numpy.percentile and scikit-learn's RobustScaler have them.
// `decimals`: of the decimal numbers that were rounded to float32.
Quartiles quartiles_of(const RealRows& rows, std::size_t column, bool decimals);

// Whether a column's median is 0 and its quartiles are 1 apart, but for rounding.
bool has_exact_quartiles(const RealRows& rows, std::size_t column);

}  // namespace amalgam
