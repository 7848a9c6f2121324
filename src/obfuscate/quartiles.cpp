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

std::vector<double> sorted_column(const RealRows& rows, std::size_t column, bool decimals) {
  std::vector<double> values(rows.size());
  for (std::size_t r = 0; r < values.size(); ++r)
    values[r] = decimals ? nearest_decimal(rows[r][column]) : rows[r][column];
  std::sort(values.begin(), values.end());
  return values;
}

double quantile(const std::vector<double>& sorted, double part) {
  const double place = part * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  const double least = sorted[below];
  return least + (sorted[above] - least) * (place - static_cast<double>(below));
}

Quartiles quartiles_of(const RealRows& rows, std::size_t column, bool decimals) {
  const std::vector<double> sorted = sorted_column(rows, column, decimals);
  return {quantile(sorted, 0.25), quantile(sorted, 0.5), quantile(sorted, 0.75)};
}

bool has_exact_quartiles(const RealRows& rows, std::size_t column) {
  if (!may_have_median_0(rows, column)) return false;
  const Quartiles of = quartiles_of(rows, column, false);
  return std::abs(of.median) <= kExact && std::abs(of.upper - of.lower - 1) <= kExact;
}

}  // namespace amalgam
