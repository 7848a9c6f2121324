// Moments of numbers, and what they say of a distribution.
#pragma once

#include <algorithm>
#include <cmath>
#include <span>

namespace amalgam {

// Running mean, variance and fourth moment.
class Moments {
 public:
  void add(double x) {
    ++n_;
    sum_ += x;
    sum2_ += x * x;
    sum3_ += x * x * x;
    sum4_ += x * x * x * x;
  }
  double count() const { return n_; }
  double mean() const { return n_ > 0 ? sum_ / n_ : 0; }
  double variance() const { return n_ > 0 ? std::max(0.0, sum2_ / n_ - mean() * mean()) : 0; }
  // 3 for a normal distribution, 0 where there is no variance. REQUIRES: values of moderate size.
  double kurtosis() const {
    const double m = mean(), v = variance();
    if (v < 1e-12) return 0;
    const double fourth = (sum4_ - 4 * m * sum3_ + 6 * m * m * sum2_ - 3 * n_ * m * m * m * m) / n_;
    return fourth / (v * v);
  }

 private:
  double n_ = 0, sum_ = 0, sum2_ = 0, sum3_ = 0, sum4_ = 0;
};

// Of values in deviations from their mean, so that kurtosis is of numbers of moderate size whatever
// their scale is.
struct Distribution {
  double mean = 0, deviation = 0;  // deviation: at least a little, so that it can be divided by
  double kurtosis = 0;             // 1.8 uniform, 3 normal
};
inline Distribution distribution_of(std::span<const float> values) {
  Moments scale, moments;
  for (const float v : values) scale.add(static_cast<double>(v));
  const double deviation = std::max(1e-30, std::sqrt(scale.variance()));
  for (const float v : values) moments.add((static_cast<double>(v) - scale.mean()) / deviation);
  return {scale.mean(), deviation, moments.kurtosis()};
}

}  // namespace amalgam
