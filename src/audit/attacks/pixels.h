// Images as attackers go through them, and numbers that several of them need.
#pragma once

#include <cmath>
#include <functional>
#include <span>
#include <vector>

#include "audit/moments.h"
#include "audit/stream_sample.h"

namespace amalgam {

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
