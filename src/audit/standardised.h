// Statistics in units of their spread over many games.
#pragma once

#include <vector>

namespace amalgam {

class Standardised {
 public:
  Standardised() = default;
  // Mean and deviation of each statistic over all of these. REQUIRES: at least one, all as long.
  explicit Standardised(const std::vector<const std::vector<double>*>& streams);

  // 0 where a statistic never differs; what lies far outside counts as far, not as infinitely far.
  std::vector<double> operator()(const std::vector<double>& statistics) const;

 private:
  std::vector<double> mean_, scale_;
};

}  // namespace amalgam
