#include "curves/scale.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace amalgam {
namespace {

constexpr double kFarApart = 20;
// Apart by less, in proportion, values are as good as one.
constexpr double kLeastApart = 1e-9;

// The smallest of 1, 2 and 5 times a power of ten that is not below it. REQUIRES: above 0.
double round_up(double value) {
  const double power = std::pow(10.0, std::floor(std::log10(value)));
  for (const double times : {1.0, 2.0, 5.0})
    if (times * power >= value) return times * power;
  return 10 * power;
}

}  // namespace

Scale Scale::linear(Range range) {
  const double size = std::max(std::abs(range.least), std::abs(range.most));
  if (range.most / 2 - range.least / 2 > kLeastApart * size / 2) return {range, false};
  const double about = range.least / 2 + range.most / 2;
  const double margin = size > 0 ? std::max(size / 10, 1e-300) : 1;
  constexpr double kLargest = std::numeric_limits<double>::max();
  return {{std::max(about - margin, -kLargest), std::min(about + margin, kLargest)}, false};
}

Scale Scale::of_rates(Range range) {
  if (range.least > 0 && range.most / range.least > kFarApart) return {range, true};
  return linear(range);
}

// In halves, because the whole range may be more than a double holds.
double Scale::place(double value) const {
  const auto part = [](double v, double least, double most) {
    return std::clamp((v / 2 - least / 2) / (most / 2 - least / 2), 0.0, 1.0);
  };
  if (!logarithmic_) return part(value, range_.least, range_.most);
  return part(std::log10(value), std::log10(range_.least), std::log10(range_.most));
}

std::vector<double> Scale::ticks(std::size_t most) const {
  return logarithmic_ ? powers_of_ten(most) : linear_ticks(most);
}

std::vector<double> Scale::linear_ticks(std::size_t most) const {
  const auto parts = static_cast<double>(std::max<std::size_t>(most, 2));
  const double step = round_up(range_.most / parts - range_.least / parts);
  const double first = std::ceil(range_.least / step);
  std::vector<double> found;
  for (std::size_t i = 0; i <= most; ++i) {
    const double value = (first + static_cast<double>(i)) * step;
    if (!(value <= range_.most)) break;
    found.push_back(value == 0 ? 0.0 : value);  // never -0
  }
  return found;
}

std::vector<double> Scale::powers_of_ten(std::size_t most) const {
  const double low = std::log10(range_.least), high = std::log10(range_.most);
  const double stride = std::max(1.0, std::ceil((high - low) / static_cast<double>(most)));
  const bool between = high - low < 2.5;  // then 2 and 5 times a power, too
  std::vector<double> found;
  for (std::size_t i = 0; i <= most + 1; ++i)
    for (const double times : {1.0, 2.0, 5.0}) {
      const double value =
          times * std::pow(10.0, std::floor(low) + stride * static_cast<double>(i));
      if ((times == 1 || between) && value >= range_.least && value <= range_.most)
        found.push_back(value);
    }
  return found;
}

std::string tick_text(double value) { return fmt::format("{:.6g}", value); }

}  // namespace amalgam
