#include "variants/uniform_grid.h"

#include <algorithm>
#include <cmath>

#include "base/vectorised.h"

namespace amalgam {
namespace {

// So many values tell a grid from chance, and bound its end well enough.
constexpr std::size_t kLeastValues = 256;
// Values that are tried first, and values that the end of the grid is looked for with.
constexpr std::size_t kFirst = 32, kMostValues = 16384;
// The largest of n values lies this many nths below the end of their range, at most: e^-30.
constexpr double kFarthest = 30;

// Whether the number is one of the grid's, and gives the value: rounded once or twice.
AMALGAM_INLINED std::int64_t gives(double number, double value, const UniformGrid& grid) {
  // A product of 24 bits and 24 is exact.
  const double scaled = number * (static_cast<double>(grid.range) * 0x1p-24);
  const float once = static_cast<float>(scaled + static_cast<double>(grid.from));
  const float twice = static_cast<float>(scaled) + grid.from;
  const std::int64_t equal =
      (static_cast<double>(once) == value ? 1 : 0) | (static_cast<double>(twice) == value ? 1 : 0);
  return equal & (number >= 0 ? 1 : 0) & (number < 0x1p24 ? 1 : 0);
}

// Whether all values have a number no farther than kReach from the one that their place suggests.
// False of some that are on the grid, too.
template <int kReach>
struct HaveNumbers {
  static AMALGAM_INLINED bool run(const UniformGrid& grid, const std::span<const float>& values) {
    const auto from = static_cast<double>(grid.from);
    const double inverse = 0x1p24 / static_cast<double>(grid.range);
    std::int64_t all = 1;
    for (const float single : values) {
      const auto value = static_cast<double>(single);
      const double nearest = nearest_whole((value - from) * inverse);
      std::int64_t has = gives(nearest, value, grid);
      if constexpr (kReach > 0)
        has |= gives(nearest - 1, value, grid) | gives(nearest + 1, value, grid);
      all &= has;
    }
    return all != 0;
  }
};

}  // namespace

bool all_on(const UniformGrid& grid, std::span<const float> values) {
  static constexpr std::size_t kBlock = 512, kFew = 8;
  for (std::size_t at = 0; at < values.size(); at += kBlock) {
    const auto block = values.subspan(at, std::min(kBlock, values.size() - at));
    if (block.size() > kFew &&
        (run_widest<HaveNumbers<0>>(grid, block) || run_widest<HaveNumbers<1>>(grid, block)))
      continue;
    if (!std::all_of(block.begin(), block.end(),
                     [&grid](float value) { return grid.number(value).has_value(); }))
      return false;
  }
  return true;
}

bool look_random(std::vector<float> values) {
  const std::size_t count = values.size();
  if (!std::all_of(values.begin(), values.end(), [](float v) { return std::isfinite(v); }))
    return false;
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  return values.size() * 10 >= count * 9;
}

std::optional<std::uint32_t> UniformGrid::number(float value) const {
  const double place = (static_cast<double>(value) - static_cast<double>(from)) /
                       static_cast<double>(range) * 0x1p24;
  if (!(place > -2 && place < 0x1p24 + 2)) return std::nullopt;
  const double nearest = std::nearbyint(place);
  for (const double step : {0.0, -1.0, 1.0}) {
    const double number = nearest + step;
    if (number < 0 || number >= 0x1p24) continue;
    const float unit = static_cast<float>(number) * 0x1p-24f;
    // Exact, so that no compiler can fuse it with the sum.
    const double scaled = static_cast<double>(unit) * static_cast<double>(range);
    if (std::fma(unit, range, from) == value || static_cast<float>(scaled) + from == value)
      return static_cast<std::uint32_t>(number);
  }
  return std::nullopt;
}

std::optional<float> find_end(std::span<const float> values, const OnGrid& on) {
  values = values.first(std::min(values.size(), kMostValues));
  if (values.size() < kLeastValues) return std::nullopt;
  // Values near zero are known to more digits than the grid has: hardly a wrong one has them.
  std::vector<float> near(values.begin(), values.end());
  std::sort(near.begin(), near.end(), [](float a, float b) { return std::abs(a) < std::abs(b); });
  const float largest = std::abs(near.back());
  if (!(largest > 0) || !std::isfinite(largest) || !look_random(near)) return std::nullopt;
  const double last =
      static_cast<double>(largest) * (1 + kFarthest / static_cast<double>(values.size()));
  const std::span<const float> all(near);
  float end = largest;
  while (static_cast<double>(end) <= last) {
    if (on(end, all.first(1)) && on(end, all.first(kFirst)) && on(end, all)) return end;
    end = std::nextafter(end, HUGE_VALF);
  }
  return std::nullopt;
}

std::optional<UniformGrid> find_grid(std::span<const float> values) {
  values = values.first(std::min(values.size(), kMostValues));
  const bool positive = std::none_of(values.begin(), values.end(), [](float v) { return v < 0; });
  const auto to = [positive](float end) {
    return UniformGrid{positive ? 0 : -end, positive ? end : 2 * end};
  };
  const auto end = find_end(values, [&](float one, std::span<const float> some) {
    // One value rules most ends out, and there are up to millions of them.
    return some.size() > 1 ? all_on(to(one), some) : HaveNumbers<1>::run(to(one), some);
  });
  return end ? std::optional(to(*end)) : std::nullopt;
}

std::vector<std::uint32_t> numbers_on(const UniformGrid& grid, std::span<const float> values) {
  std::vector<std::uint32_t> numbers;
  numbers.reserve(values.size());
  for (const float value : values) {
    const auto number = grid.number(value);
    if (!number) return {};
    numbers.push_back(*number);
  }
  return numbers;
}

}  // namespace amalgam
