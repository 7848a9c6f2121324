#include "variants/uniform_grid.h"

#include <algorithm>
#include <cmath>

namespace amalgam {
namespace {

// So many values tell a grid from chance, and bound its end well enough.
constexpr std::size_t kLeastValues = 256;
// Values that are tried first, and values that the end of the grid is looked for with.
constexpr std::size_t kFirst = 32, kMostValues = 16384;
// The largest of n values lies this many nths below the end of their range, at most: e^-30.
constexpr double kFarthest = 30;

bool on(const UniformGrid& grid, std::span<const float> values) {
  return std::all_of(values.begin(), values.end(),
                     [&grid](float value) { return grid.number(value).has_value(); });
}

}  // namespace

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

std::optional<UniformGrid> find_grid(std::span<const float> values) {
  values = values.first(std::min(values.size(), kMostValues));
  if (values.size() < kLeastValues) return std::nullopt;
  // Values near zero are known to more digits than the grid has: hardly a wrong one has them.
  std::vector<float> near(values.begin(), values.end());
  std::sort(near.begin(), near.end(), [](float a, float b) { return std::abs(a) < std::abs(b); });
  const float largest = std::abs(near.back());
  if (!(largest > 0) || !std::isfinite(largest) || !look_random(near)) return std::nullopt;
  const bool positive = *std::min_element(near.begin(), near.end()) >= 0;
  const double last =
      static_cast<double>(largest) * (1 + kFarthest / static_cast<double>(values.size()));
  float end = largest;
  while (static_cast<double>(end) <= last) {
    const UniformGrid grid{positive ? 0 : -end, positive ? end : 2 * end};
    if (on(grid, std::span(near).first(kFirst)) && on(grid, near)) return grid;
    end = std::nextafter(end, HUGE_VALF);
  }
  return std::nullopt;
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
