#include "variants/distributions.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "base/vectorised.h"
#include "variants/fans.h"

namespace amalgam {
namespace {

// So many values say of what distribution they are.
constexpr std::uint64_t kLeastLikely = 4096;
constexpr std::uint64_t kSample = 65536;
// Of the Kolmogorov-Smirnov statistic times the root of the count: an initializer's own values
// exceed it once in ten thousand tensors.
constexpr double kAccept = 2.2;
// Standard errors that a deviation may be from the one that was asked for.
constexpr double kErrors = 4;
// Values beyond this many deviations are too rare to miss.
constexpr double kFarthestBound = 3;

double normal_below(double z) { return std::erfc(-z / std::numbers::sqrt2) / 2; }
double normal_density(double z) { return std::exp(-z * z / 2) / std::sqrt(2 * std::numbers::pi); }

// The number of so many digits that is nearest.
double rounded(double value, int digits) {
  const double unit = std::pow(10, std::floor(std::log10(value)) - (digits - 1));
  return std::round(value / unit) * unit;
}

// What people ask for, likeliest first; several of the first are as likely.
std::vector<std::vector<double>> scales_of(const Fans& fans, double found) {
  std::vector<double> scales = {rounded(found, 1)};
  if (fans.in == 0) return {scales, {rounded(found, 2)}};
  for (const double gain : kGains)
    for (const FanOf fan : kFans) scales.push_back(std::sqrt(gain / fan(fans)));
  return {scales, {rounded(found, 2)}};
}

// Of the values, evenly spaced, and sorted.
std::vector<float> sorted_sample(const TensorRows& rows, const ConstantRows& constant) {
  const std::uint64_t runs = rows.count() <= kSample ? 1 : 64;
  const std::uint64_t length = std::min(rows.count(), kSample / runs);
  std::vector<float> sample;
  for (std::uint64_t r = 0; r < runs; ++r) {
    const std::uint64_t from = runs == 1 ? 0 : r * ((rows.count() - length) / (runs - 1));
    const std::vector<float> values = read_values(rows, from, length);
    for (std::uint64_t i = 0; i < values.size(); ++i)
      if (!constant.at(from + i)) sample.push_back(values[i]);
  }
  std::sort(sample.begin(), sample.end());
  return sample;
}

template <typename Distribution>
bool fits(const std::vector<float>& sorted, Distribution below) {
  const auto count = static_cast<double>(sorted.size());
  double most = 0;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    const double expected = below(static_cast<double>(sorted[i]));
    most = std::max({most, expected - static_cast<double>(i) / count,
                     static_cast<double>(i + 1) / count - expected});
  }
  return most * std::sqrt(count) < kAccept;
}

bool uniform_fits(const std::vector<float>& sorted, double bound) {
  if (static_cast<double>(sorted.back()) > bound || static_cast<double>(sorted.front()) < -bound)
    return false;
  return fits(sorted, [&](double v) { return (v / bound + 1) / 2; });
}

// Adds in lanes, each in its own order.
struct AddSpread {
  static constexpr std::size_t kLanes = 8;

  static AMALGAM_INLINED void run(const std::span<const float>& values, Spread* const& out) {
    double squares[kLanes] = {}, most[kLanes] = {};
    const std::size_t whole = values.size() / kLanes * kLanes;
    for (std::size_t at = 0; at < whole; at += kLanes)
      for (std::size_t i = 0; i < kLanes; ++i) add(values[at + i], squares[i], most[i]);
    for (const float value : values.subspan(whole)) add(value, squares[0], most[0]);
    out->count += values.size();
    for (std::size_t i = 0; i < kLanes; ++i) {
      out->squares += squares[i];
      out->most = std::max(out->most, most[i]);
    }
  }
  static AMALGAM_INLINED void add(float single, double& squares, double& most) {
    const auto value = static_cast<double>(single);
    squares += value * value;
    most = std::abs(value) > most ? std::abs(value) : most;
  }
};

}  // namespace

double Spread::deviation() const {
  return count == 0 ? 0 : std::sqrt(squares / static_cast<double>(count));
}

Spread spread_of(const TensorRows& rows, const ConstantRows& constant) {
  std::vector<Spread> found(piece_count(rows));
  for_pieces(rows, [&](std::uint64_t piece, std::span<const float> values, std::uint64_t from) {
    constant.for_others(values, from, [&](std::span<const float> drawn) {
      run_widest<AddSpread>(drawn, &found[piece]);
    });
  });
  Spread all;
  for (const Spread& one : found) {
    all.count += one.count, all.squares += one.squares;
    all.most = std::max(all.most, one.most);
  }
  return all;
}

double normal_scale(const Spread& spread, const Shape& shape) {
  const double found = spread.deviation();
  for (const std::vector<double>& scales : scales_of(fans_of(shape), found)) {
    double best = 0, least = kErrors;
    for (const double scale : scales) {
      const double errors =
          std::abs(found / scale - 1) * std::sqrt(2 * static_cast<double>(spread.count));
      if (errors < least) best = scale, least = errors;
    }
    if (best > 0) return best;
  }
  return found;
}

std::optional<Form> truncated_form(const Spread& spread) {
  // The deviation before values were cut off at the largest magnitude.
  double low = spread.deviation(), high = 10 * low;
  const auto cut = [&](double deviation) {
    const double z = spread.most / deviation;
    const double inside = 2 * normal_below(z) - 1;
    return deviation * std::sqrt(std::max(0.0, 1 - 2 * z * normal_density(z) / inside));
  };
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    (cut(middle) < spread.deviation() ? low : high) = middle;
  }
  const double bound = spread.most / low;
  if (bound > kFarthestBound || high > 9 * spread.deviation()) return std::nullopt;
  const double near = rounded(low, 2);
  const double deviation = std::abs(near / low - 1) < 0.05 ? near : low;
  const double ratio = spread.most / deviation;
  const double whole = rounded(ratio, 2);
  return Form::truncated(deviation, std::abs(whole / ratio - 1) < 0.02 && whole >= ratio
                                        ? whole * deviation
                                        : spread.most);
}

std::optional<Form> likely_form(const TensorRows& rows, const ConstantRows& constant,
                                const std::vector<float>& bounds) {
  const std::vector<float> sample = sorted_sample(rows, constant);
  if (sample.size() < kLeastLikely) return std::nullopt;
  for (const float bound : bounds)
    if (uniform_fits(sample, static_cast<double>(bound))) return Form::uniform(-bound, 2 * bound);
  const double deviation = normal_scale(spread_of(rows, constant), rows.tensor->shape);
  if (fits(sample, [&](double v) { return normal_below(v / deviation); }))
    return Form::normal(deviation);
  return std::nullopt;
}

}  // namespace amalgam
