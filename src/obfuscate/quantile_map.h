// Ranks in place of values, as scikit-learn's QuantileTransformer has them.
#pragma once

#include <cstddef>
#include <vector>

#include "obfuscate/real_rows.h"

namespace amalgam {

// From a column's values to their ranks from 0 to 1, or to a normal distribution's values at these.
class QuantileMap {
 public:
  // The normal distribution's values end here, on both sides.
  static constexpr double kNormalEnd = 5.199337582605575;

  QuantileMap(const RealRows& rows, std::size_t column, bool normal);

  float operator()(float value) const;

 private:
  double rank(double value) const;

  std::vector<double> quantiles_;  // of ranks that are evenly spaced, ascending
  bool normal_;
};

// Whether ranks from 0 to 1 are what the column holds.
bool holds_ranks(const RealRows& rows, std::size_t column);

}  // namespace amalgam
