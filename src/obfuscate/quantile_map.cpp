#include "obfuscate/quantile_map.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/normal_quantile.h"
#include "obfuscate/quartiles.h"

namespace amalgam {
namespace {

constexpr std::size_t kMostQuantiles = 1000;  // as scikit-learn has them
// Between quantiles ranks are interpolated; those of numbers that are drawn evenly are off by more.
constexpr double kOffRank = 0.002;
// On no grid that numbers may have.
constexpr std::array kRanks = {0.037, 0.113, 0.211, 0.289, 0.383, 0.457,
                               0.541, 0.633, 0.729, 0.817, 0.907, 0.971};

}  // namespace

QuantileMap::QuantileMap(const RealRows& rows, std::size_t column, bool normal) : normal_(normal) {
  const std::vector<double> sorted = sorted_column(rows, column);
  const std::size_t count = std::max<std::size_t>(2, std::min(kMostQuantiles, sorted.size()));
  for (std::size_t q = 0; q < count; ++q)
    quantiles_.push_back(quantile(sorted, static_cast<double>(q) / static_cast<double>(count - 1)));
}

float QuantileMap::operator()(float value) const {
  const double of = rank(value);
  if (!normal_) return static_cast<float>(of);
  const double by = of <= 0 ? -kNormalEnd : of >= 1 ? kNormalEnd : normal_quantile(of);
  return static_cast<float>(std::clamp(by, -kNormalEnd, kNormalEnd));
}

// In the middle of those of equal values.
double QuantileMap::rank(double value) const {
  if (value <= quantiles_.front()) return 0;
  if (value >= quantiles_.back()) return 1;
  const auto first = std::lower_bound(quantiles_.begin(), quantiles_.end(), value);
  const auto end = std::upper_bound(first, quantiles_.end(), value);
  const auto steps = static_cast<double>(quantiles_.size() - 1);
  if (first != end)
    return static_cast<double>((first - quantiles_.begin()) + (end - 1 - quantiles_.begin())) / 2 /
           steps;
  const double below = *(first - 1);
  return (static_cast<double>(first - 1 - quantiles_.begin()) +
          (value - below) / (*first - below)) /
         steps;
}

bool holds_ranks(const RealRows& rows, std::size_t column) {
  const std::vector<double> sorted = sorted_column(rows, column);
  return std::all_of(kRanks.begin(), kRanks.end(), [&](double rank) {
    return std::abs(quantile(sorted, rank) - rank) <= kOffRank;
  });
}

}  // namespace amalgam
