#include "obfuscate/range_bits.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>

namespace amalgam {
namespace {

// Last bits of values are even and odd alike, but on a grid. Few values have a grid of their own.
constexpr std::size_t kMostValues = std::size_t{1} << 20, kSteps = 1024, kBytes = 256;
constexpr double kDeviations = 4, kLeastGap = 0.01, kFewEnds = 8, kPartAtEnds = 0.001;
constexpr std::size_t kMostRows = std::size_t{1} << 16;
constexpr double kFewRows = 4, kPartOfRows = 0.01;
// Of a value, so that it is on a grid; and numbers of steps that are nobody's own.
constexpr double kValuesOfStep = 4, kSmallNumber = 32, kOffStep = 1e-3;
constexpr std::array kNaturalNumbers = {50.,  60.,  64.,  99.,   100.,  127., 127.5,
                                        128., 255., 256., 1000., 1023., 1024.};

}  // namespace

bool Bits::many_at_ends() const { return at_ends > kFewEnds + kPartAtEnds * count; }

bool Bits::on_grid() const {
  const double gap = std::max(kLeastGap * count, kDeviations * std::sqrt(count) / 2);
  return steps.size() > kSteps && odd < count / 2 - gap;
}

bool Bits::few_steps() const { return steps.size() <= kBytes; }

bool Bits::natural_steps() const {
  if (!few_steps() || count < kValuesOfStep * static_cast<double>(steps.size())) return false;
  double step = 1, before = 0;
  for (const float value : steps) {
    if (value > before && value - before < step) step = value - before;
    before = value;
  }
  const double number = 1 / step;
  if (number < kSmallNumber + 1) return true;
  return std::any_of(kNaturalNumbers.begin(), kNaturalNumbers.end(),
                     [&](double natural) { return std::abs(number / natural - 1) < kOffStep; });
}

Bits bits_of(const std::vector<RealRows>& fields, const std::vector<std::vector<bool>>& places,
             bool interleaved) {
  Bits bits;
  for (std::size_t f = 0; f < fields.size(); ++f) {
    const std::size_t width = fields[f].width();
    const Grouping grouping{places[f].size(), interleaved};
    const std::size_t rows = std::min(fields[f].size(), kMostValues / width + 1);
    for (std::size_t r = 0; r < rows; ++r) {
      const auto row = fields[f][r];
      for (std::size_t c = 0; c < width; ++c) {
        const float value = row[c];
        if (!places[f][grouping.of(c, width)]) continue;
        if (std::abs(value) == 1) ++bits.at_ends;
        if (value == 0 || std::abs(value) == 1) continue;
        bits.odd += std::bit_cast<std::uint32_t>(value) & 1;
        ++bits.count;
        if (bits.steps.size() <= kSteps) bits.steps.insert(value);
      }
    }
  }
  return bits;
}

bool ends_often(const RealRows& rows, std::size_t column, double least, double most) {
  const std::size_t some = std::min(rows.size(), kMostRows);
  std::size_t at_least = 0, at_most = 0;
  for (std::size_t r = 0; r < some; ++r) {
    const auto value = static_cast<double>(rows[r][column]);
    at_least += value == least ? 1 : 0, at_most += value == most ? 1 : 0;
  }
  const double few = std::max(kFewRows, kPartOfRows * static_cast<double>(some));
  return static_cast<double>(std::max(at_least, at_most)) > few;
}

}  // namespace amalgam
