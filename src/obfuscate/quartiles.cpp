#include "obfuscate/quartiles.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "obfuscate/decimals.h"

namespace amalgam {
namespace {

constexpr double kExact = 4e-6;
// So many rows say, but for chance of so many deviations, that a median is not 0.
constexpr std::size_t kRowsLookedAt = 4096;
constexpr double kDeviations = 8;

double at(std::vector<double>& values, double part) {
  const double place = part * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::ptrdiff_t>(place);
  const auto middle = values.begin() + below;
  std::nth_element(values.begin(), middle, values.end());
  const double least = *middle;
  if (middle + 1 == values.end()) return least;
  const double next = *std::min_element(middle + 1, values.end());
  return least + (next - least) * (place - static_cast<double>(below));
}

// Whether about as many are above 0 as below, as far as a part of the rows can say.
bool may_have_median_0(const RealRows& rows, std::size_t column) {
  const std::size_t some = std::min(rows.size(), kRowsLookedAt);
  const std::size_t step = rows.size() / some;
  double more = 0, zeros = 0;
  for (std::size_t i = 0; i < some; ++i) {
    const float value = rows[i * step][column];
    more += value > 0 ? 1 : value < 0 ? -1 : 0;
    zeros += value == 0 ? 1 : 0;
  }
  return std::abs(more) <= zeros + kDeviations * std::sqrt(static_cast<double>(some));
}

}  // namespace

Quartiles quartiles_of(const RealRows& rows, std::size_t column, bool decimals) {
  std::vector<double> values(rows.size());
  for (std::size_t r = 0; r < values.size(); ++r)
    values[r] = decimals ? nearest_decimal(rows[r][column]) : rows[r][column];
  return {at(values, 0.25), at(values, 0.5), at(values, 0.75)};
}

bool has_exact_quartiles(const RealRows& rows, std::size_t column) {
  if (!may_have_median_0(rows, column)) return false;
  const Quartiles of = quartiles_of(rows, column, false);
  return std::abs(of.median) <= kExact && std::abs(of.upper - of.lower - 1) <= kExact;
}

}  // namespace amalgam
