#include "variants/float_grid.h"

#include <algorithm>
#include <cmath>

#include "base/vectorised.h"
#include "variants/uniform_grid.h"

namespace amalgam {
namespace {

// Whether u gives the value, rounded once: processors of graphics fuse the product and the sum.
AMALGAM_INLINED std::int64_t gives(float u, double value, float bound) {
  // A product of 24 bits and 24 is exact.
  const double scaled = static_cast<double>(u) * (2 * static_cast<double>(bound));
  const float once = static_cast<float>(scaled - static_cast<double>(bound));
  return (static_cast<double>(once) == value ? 1 : 0) & (u >= 0 ? 1 : 0) & (u <= 1 ? 1 : 0);
}

AMALGAM_INLINED float place_of(double value, float bound) {
  return static_cast<float>((value / static_cast<double>(bound) + 1) / 2);
}

// Whether the number that its place suggests gives each value. False of some that are on the grid,
// too.
struct HaveFloats {
  static AMALGAM_INLINED bool run(float bound, const std::span<const float>& values) {
    std::int64_t all = 1;
    for (const float single : values) {
      const auto value = static_cast<double>(single);
      all &= gives(place_of(value, bound), value, bound);
    }
    return all != 0;
  }
};

bool is_on(float bound, float single) {
  const auto value = static_cast<double>(single);
  const float near = place_of(value, bound);
  if (!std::isfinite(near)) return false;
  return (gives(near, value, bound) | gives(std::nextafter(near, 0.0f), value, bound) |
          gives(std::nextafter(near, 2.0f), value, bound)) != 0;
}

}  // namespace

bool all_on_floats(float bound, std::span<const float> values) {
  static constexpr std::size_t kBlock = 512, kFew = 8;
  for (std::size_t at = 0; at < values.size(); at += kBlock) {
    const auto block = values.subspan(at, std::min(kBlock, values.size() - at));
    if (block.size() > kFew && run_widest<HaveFloats>(bound, block)) continue;
    if (!std::all_of(block.begin(), block.end(), [bound](float v) { return is_on(bound, v); }))
      return false;
  }
  return true;
}

std::optional<float> find_float_bound(std::span<const float> values) {
  // All of them on one side of 0 are no values around it.
  if (std::none_of(values.begin(), values.end(), [](float v) { return v < 0; })) return {};
  return find_end(values, [](float bound, std::span<const float> some) {
    // One value rules most bounds out, and there are up to millions of them.
    return some.size() > 1 ? all_on_floats(bound, some) : HaveFloats::run(bound, some);
  });
}

}  // namespace amalgam
