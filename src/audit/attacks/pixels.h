// Images as attackers go through them, and numbers that several of them need.
#pragma once

#include <cmath>
#include <functional>
#include <span>
#include <vector>

#include "audit/stream_sample.h"

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

// The pixels of one plane. REQUIRES: an image.
struct Plane {
  std::span<const float> pixels;
  std::uint64_t height, width;
  double at(std::uint64_t y, std::uint64_t x) const {
    return static_cast<double>(pixels[y * width + x]);
  }
};

inline void for_each_plane(const StreamSample& sample,
                           const std::function<void(const Plane&)>& body) {
  const std::uint64_t area = sample.planes.area();
  for (std::uint64_t r = 0; r < sample.rows; ++r)
    for (std::uint64_t c = 0; c < sample.planes.channels; ++c)
      body({sample.row(r).subspan(c * area, area), sample.planes.height, sample.planes.width});
}

// Of all values of the sample; at least a little, so that it can be divided by.
inline double deviation(const StreamSample& sample) {
  Moments all;
  for (const float v : sample.values) all.add(static_cast<double>(v));
  return std::max(1e-9, std::sqrt(all.variance()));
}

}  // namespace amalgam
