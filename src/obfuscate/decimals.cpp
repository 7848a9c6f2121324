#include "obfuscate/decimals.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <unordered_set>
#include <vector>

namespace amalgam {
namespace {

constexpr std::size_t kRowsLookedAt = std::size_t{1} << 16;
// Fewer values may be off by no more than half a spacing though they were rounded twice.
constexpr std::size_t kLeastDifferent = 16, kMostDifferent = 600;
constexpr std::size_t kLeastSeen = 2;  // of each value, on average
// The smallest gap between values may be several steps.
constexpr int kMostStepsApart = 16;
// Parts of a step that the difference of two values is off at most, and that it is uncertain by.
// With less, decimals that float32 holds badly would be taken for a finer progression, that of what
// float32 holds.
constexpr double kMostOff = 1.0 / 4, kMostUncertain = 1.0 / 8;
constexpr double kMostSteps = 1 << 17;  // from the least value to the largest
// With more pairs of values than that for each step, some are one step apart, but for chance. Where
// none are, the progression is that of what float32 holds.
constexpr double kMostPairs = 8;
// Below such a part of the largest value's spacing float64 may have rounded too.
constexpr double kLeastSpacing = 1.0 / 16;
// Rounding is off by half a spacing at most; a little more for what float64 rounds.
constexpr double kHalf = 0.51;

double spacing_at(double value) {
  const auto size = static_cast<float>(std::abs(value));
  const float next = std::nextafter(size, std::numeric_limits<float>::infinity());
  return static_cast<double>(next) - size;
}

// In ascending order; none if there are too many or too few, or some are not finite.
std::vector<double> different_values(const RealRows& rows, std::size_t column) {
  const std::size_t some = std::min(rows.size(), kRowsLookedAt);
  const std::size_t step = rows.size() / some;
  std::unordered_set<float> different;
  for (std::size_t i = 0; i < some; ++i) {
    const float value = rows[i * step][column];
    if (!std::isfinite(value)) return {};
    different.insert(value);
    if (different.size() > kMostDifferent) return {};
  }
  if (different.size() < kLeastDifferent || different.size() * kLeastSeen > some) return {};
  std::vector<double> values(different.begin(), different.end());
  std::sort(values.begin(), values.end());
  return values;
}

// Of what each value was rounded to, but for values near 0.
std::vector<double> spacings_of(const std::vector<double>& values) {
  const double largest = spacing_at(std::max(std::abs(values.front()), std::abs(values.back())));
  std::vector<double> spacings;
  for (const double value : values)
    spacings.push_back(std::max(spacing_at(value), largest * kLeastSpacing));
  return spacings;
}

// Between values 1, 2, 4 ... places apart and between the outermost, in ascending order.
std::vector<double> differences_of(const std::vector<double>& values) {
  std::vector<double> differences{values.back() - values.front()};
  for (std::size_t places = 1; places < values.size(); places *= 2)
    for (std::size_t i = places; i < values.size(); ++i)
      differences.push_back(values[i] - values[i - places]);
  std::sort(differences.begin(), differences.end());
  return differences;
}

// The step of which all differences are multiples, nearly, the least of them `apart` times. Each
// tells the step better, so that it can be told how many steps the next larger ones are. `rounding`
// is how much a value may be off.
std::optional<double> step_of(const std::vector<double>& differences, int apart, double rounding) {
  double products = differences.front() * apart, squares = apart * apart, off = 0, count = 1;
  for (std::size_t i = 1; i < differences.size(); ++i) {
    const double step = products / squares;
    const double steps = std::round(differences[i] / step);
    const double residual = differences[i] - steps * step;
    const double noise = std::max(rounding, std::sqrt(off / count));
    const double uncertain = noise * steps / std::sqrt(squares);
    if (std::abs(residual) > kMostOff * step || uncertain > kMostUncertain * step)
      return std::nullopt;
    products += differences[i] * steps;
    squares += steps * steps;
    off += residual * residual;
    ++count;
  }
  return products / squares;
}

struct Progression {
  std::vector<double> numbers;  // of the values, about 0
  std::vector<double> off;      // the values' differences from it
  double step = 0;
};

// Least squares in units of the values' spacings.
Progression fitted(const std::vector<double>& values, const std::vector<double>& spacings,
                   double step) {
  Progression fit;
  double weights = 0, mean = 0, mean_number = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double weight = 1 / (spacings[i] * spacings[i]);
    fit.numbers.push_back(std::round((values[i] - values.front()) / step));
    weights += weight;
    mean += weight * (values[i] - values.front());
    mean_number += weight * fit.numbers[i];
  }
  mean = values.front() + mean / weights;
  mean_number /= weights;
  double products = 0, squares = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double weight = 1 / (spacings[i] * spacings[i]);
    fit.numbers[i] -= mean_number;
    products += weight * fit.numbers[i] * (values[i] - mean);
    squares += weight * fit.numbers[i] * fit.numbers[i];
  }
  fit.step = products / squares;
  for (std::size_t i = 0; i < values.size(); ++i)
    fit.off.push_back(values[i] - mean - fit.step * fit.numbers[i]);
  return fit;
}

std::optional<Progression> progression_of(const std::vector<double>& values,
                                          const std::vector<double>& spacings) {
  const std::vector<double> differences = differences_of(values);
  const double rounding = *std::max_element(spacings.begin(), spacings.end());
  const double pairs = static_cast<double>(values.size() * values.size());
  for (int apart = 1; apart <= kMostStepsApart; ++apart) {
    const double steps = differences.back() * apart / differences.front();
    if (steps > kMostSteps || (apart > 1 && pairs > kMostPairs * steps)) break;
    if (const auto step = step_of(differences, apart, rounding))
      return fitted(values, spacings, *step);
  }
  return std::nullopt;
}

// How far a progression whose step differs by `change` can be from being off by half a spacing
// nowhere: not above 0 if it is off by more somewhere, wherever it starts.
double room(const Progression& fit, const std::vector<double>& spacings, double change) {
  double least = -std::numeric_limits<double>::infinity(), most = -least;
  for (std::size_t i = 0; i < spacings.size(); ++i) {
    const double off = fit.off[i] - change * fit.numbers[i];
    least = std::max(least, off - kHalf * spacings[i]);
    most = std::min(most, off + kHalf * spacings[i]);
  }
  return most - least;
}

// Whether some progression is off by half a spacing at most everywhere. The room is a concave
// function of the step, so that the most of it can be closed in on.
bool within_half(const Progression& fit, const std::vector<double>& spacings) {
  const double rounding = *std::max_element(spacings.begin(), spacings.end());
  double high = 4 * rounding / (fit.numbers.back() - fit.numbers.front()), low = -high;
  for (int i = 0; i < 60; ++i) {
    const double third = (high - low) / 3;
    if (room(fit, spacings, low + third) < room(fit, spacings, high - third))
      low += third;
    else
      high -= third;
  }
  return room(fit, spacings, (low + high) / 2) >= 0;
}

}  // namespace

double nearest_decimal(float value) {
  // Most numbers have few decimals or none, which is quicker to try than to write and read them.
  for (const double power : {10.0, 100.0, 1000.0}) {
    const double decimal = std::nearbyint(value * power) / power;
    if (static_cast<float>(decimal) == value) return decimal;
  }
  std::array<char, 32> text{};
  const auto written = std::to_chars(text.data(), text.data() + text.size(), value);
  double decimal = value;
  std::from_chars(text.data(), written.ptr, decimal);
  return decimal;
}

std::optional<bool> rounded_once(const RealRows& rows, std::size_t column) {
  const std::vector<double> values = different_values(rows, column);
  if (values.empty()) return std::nullopt;
  const std::vector<double> spacings = spacings_of(values);
  const auto fit = progression_of(values, spacings);
  if (!fit) return std::nullopt;
  return within_half(*fit, spacings);
}

}  // namespace amalgam
