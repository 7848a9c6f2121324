#include "obfuscate/scaler_arithmetic.h"

#include <algorithm>
#include <cmath>
#include <unordered_set>

namespace amalgam {
namespace {

using Kind = ColumnHabit::Kind;
using Moments = ColumnHabit::Moments;

// So many times what rounding leaves, as a root mean square, was not left by rounding alone.
constexpr double kSure = 3;
// Rounding a deviation to float32 leaves less, and of a mean's about so much times its own size.
constexpr double kMostRounded = 8e-8, kMostMean = 3e-6;
constexpr std::size_t kLeastOfOneSign = 4;
constexpr std::size_t kRowsLookedAt = 4096;

double median(std::vector<double> numbers) {
  if (numbers.empty()) return 0;
  const auto middle = numbers.begin() + static_cast<std::ptrdiff_t>(numbers.size() / 2);
  std::nth_element(numbers.begin(), middle, numbers.end());
  return *middle;
}

// As a root mean square, in what rounding leaves.
double level(const std::vector<MomentsOff>& off, double GroupMoments::*of) {
  double squares = 0;
  for (const MomentsOff& one : off) squares += std::pow(one.off.*of / one.rounding.*of, 2);
  return off.empty() ? 0 : std::sqrt(squares / static_cast<double>(off.size()));
}

}  // namespace

void find_arithmetic(const std::vector<MomentsOff>& off, ColumnHabit& habit) {
  const bool means = level(off, &GroupMoments::mean) > kSure;
  if (habit.kind == Kind::kCentred) {
    std::vector<double> sizes;
    for (const MomentsOff& one : off) sizes.push_back(std::abs(one.off.mean));
    habit.moments = !means                      ? Moments::kFloat64
                    : median(sizes) > kMostMean ? Moments::kFloat32Sums
                                                : Moments::kFloat32;
    return;
  }
  const bool deviations = level(off, &GroupMoments::deviation) > kSure;
  std::vector<double> sizes;
  bool smaller = off.size() >= kLeastOfOneSign;
  for (const MomentsOff& one : off) {
    sizes.push_back(std::abs(one.off.deviation));
    smaller = smaller && one.off.deviation < 0;
  }
  if (means || deviations) habit.moments = Moments::kFloat32;
  if (deviations && smaller) {
    // People take powers of ten.
    habit.epsilon = std::pow(10, std::round(std::log10(median(sizes))));
    if (!means) habit.moments = Moments::kFloat64;
  } else if (median(sizes) > kMostRounded) {
    habit.moments = Moments::kFloat32Sums;
  }
}

GroupMoments rounding_of(const RealRows& rows, std::size_t group, Grouping grouping,
                         double deviation) {
  const std::size_t each = rows.width() / grouping.count;
  const std::size_t column = grouping.first_of(group, rows.width());
  const std::size_t some = std::min(rows.size(), kRowsLookedAt);
  std::unordered_set<float> different;
  double mean = 0, squares = 0;
  for (std::size_t row = 0; row < some; ++row) {
    const float value = rows[row][column];
    different.insert(value);
    const float size = std::abs(value);
    const double step = static_cast<double>(std::nextafter(size, INFINITY)) - size;
    mean += step * step / 12;
    squares += step * step / 12 * size * size;
  }
  const bool few = 2 * different.size() < some;
  const double independent =
      few ? static_cast<double>(different.size()) : static_cast<double>(rows.size() * each);
  const double by = static_cast<double>(some) * independent;
  return {std::sqrt(mean / by) / deviation, std::sqrt(squares / by) / (deviation * deviation)};
}

SummedMoments summed_in_float32(const RealRows& rows, std::size_t column, const Scaling& moved,
                                bool over_n_less_one) {
  const auto value = [&](std::size_t row) {
    return moved(rows[row][column], column, rows.width());
  };
  const auto count = static_cast<float>(rows.size());
  float sum = 0, squares = 0;
  for (std::size_t row = 0; row < rows.size(); ++row) sum += value(row);
  const float mean = sum / count;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const float from = value(row) - mean;
    squares += from * from;
  }
  return {mean, std::sqrt(squares / (over_n_less_one ? count - 1 : count))};
}

}  // namespace amalgam
