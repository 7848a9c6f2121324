// Quartiles of columns, which scalers for data with outliers go by.
#pragma once

#include <cstddef>
#include <vector>

#include "obfuscate/real_rows.h"

namespace amalgam {

// A column's values, ascending; `decimals`: the decimal numbers that were rounded to float32.
std::vector<double> sorted_column(const RealRows& rows, std::size_t column, bool decimals = false);

// The value below which a part of them lies, interpolated linearly, as numpy.percentile has it.
double quantile(const std::vector<double>& sorted, double part);

struct Quartiles {
  double lower = 0, median = 0, upper = 0;
};

// As scikit-learn's RobustScaler has them.
Quartiles quartiles_of(const RealRows& rows, std::size_t column, bool decimals);

// Whether a column's median is 0 and its quartiles are 1 apart, but for rounding.
bool has_exact_quartiles(const RealRows& rows, std::size_t column);

}  // namespace amalgam
