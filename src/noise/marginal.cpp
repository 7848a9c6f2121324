#include "noise/marginal.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>

#include "base/normal_quantile.h"

namespace amalgam {
namespace {

// A value that comes so often is a point of mass: nothing is put between it and others. Where
// values may lie anywhere, twice is enough.
constexpr std::size_t kMass = 8;
constexpr int kMostDecimals = 6;
constexpr double kMostWhole = 0x1p53;
// Steps that are no decimals are seen from so many values on, and where rounding to float32 is this
// much finer than they are.
constexpr std::size_t kLeastOnSteps = 20;
constexpr double kFiner = 32;
constexpr double kRounding = 0x1p-22;
// The smallest difference may be so many steps.
constexpr int kMostSkipped = 4;
// So many of the values that are no points of mass may come again where they may lie anywhere.
constexpr double kRepeats = 0.25;
constexpr int kMostDigits = 6;  // float32 has seven
constexpr std::size_t kWindows[] = {1, 2, 4, 8, 16};

std::vector<double> distinct_of(std::span<const double> sorted) {
  std::vector<double> distinct;
  std::unique_copy(sorted.begin(), sorted.end(), std::back_inserter(distinct));
  return distinct;
}

// What the last of so many digits of a value counts; of 0 nothing.
double unit_of(double value, int digits) {
  return value == 0 ? 0 : std::pow(10, std::floor(std::log10(std::abs(value))) + 1 - digits);
}

// To a multiple of a power of ten.
double rounded(double value, double unit) {
  if (unit == 0) return value;
  return unit < 1 ? std::nearbyint(value * std::nearbyint(1 / unit)) / std::nearbyint(1 / unit)
                  : std::nearbyint(value / unit) * unit;
}

// Whether values come again by no more than chance, points of mass aside.
bool mostly_single(std::span<const double> sorted) {
  std::size_t single = 0, repeated = 0;
  for (std::size_t i = 0, end = 0; i < sorted.size(); i = end) {
    while (end < sorted.size() && sorted[end] == sorted[i]) ++end;
    if (end - i == 1) ++single;
    if (end - i > 1 && end - i < kMass) repeated += end - i;
  }
  return single > 0 &&
         static_cast<double>(repeated) <= kRepeats * static_cast<double>(single + repeated);
}

// The size of the steps from the first value on, all of which are `step` or a few of it; 0: there
// is no such size. The longer the way, the better it is known.
double refined_step(std::span<const double> distinct, double step, double rounding) {
  double known = 1;
  for (const double value : distinct.subspan(1)) {
    const double way = value - distinct[0], count = std::nearbyint(way / step);
    const double allowed = std::min(rounding * (2 + count / known), step / 4);
    if (count < 1 || std::abs(way - count * step) > allowed) return 0;
    step = way / count;
    known = count;
  }
  for (const double value : distinct) {
    const double way = value - distinct[0];
    if (std::abs(way - std::nearbyint(way / step) * step) > 2 * rounding) return 0;
  }
  return step;
}

}  // namespace

Lattice::Lattice(std::span<const double> sorted) {
  const std::vector<double> distinct = distinct_of(sorted);
  if (distinct.size() < 2) return;
  const bool decimals = find_decimals(distinct), digits = find_digits(distinct);
  between_ = decimals || digits || find_steps(distinct) || mostly_single(sorted);
  find_masses(sorted);
}

void Lattice::find_masses(std::span<const double> sorted) {
  for (std::size_t i = 0, end = 0; i < sorted.size(); i = end) {
    while (end < sorted.size() && sorted[end] == sorted[i]) ++end;
    if (end - i >= (step(sorted[i]) > 0 ? kMass : 2)) masses_.push_back(sorted[i]);
  }
}

bool Lattice::is_mass(double value) const {
  return std::binary_search(masses_.begin(), masses_.end(), value);
}

bool Lattice::find_decimals(std::span<const double> distinct) {
  const double largest = std::max(std::abs(distinct.front()), std::abs(distinct.back()));
  double scale = 1;
  for (int decimals = 0; decimals <= kMostDecimals; ++decimals, scale *= 10) {
    // Float32 itself is a lattice of large values.
    if (decimals > 0 && 1 / scale < kFiner * kRounding * largest) break;
    const auto on = [scale](double value) {
      const double whole = std::nearbyint(value * scale);
      return std::abs(whole) < kMostWhole &&
             static_cast<float>(whole / scale) == static_cast<float>(value);
    };
    if (!std::all_of(distinct.begin(), distinct.end(), on)) continue;
    const auto whole = [scale](double value) {
      return static_cast<std::int64_t>(std::nearbyint(value * scale));
    };
    std::int64_t common = 0;
    for (const double value : distinct)
      common = std::gcd(common, whole(value) - whole(distinct[0]));
    if (common == 0) return false;  // float32 can't tell them apart
    scale_ = scale;
    origin_ = static_cast<double>(whole(distinct[0]));
    step_ = static_cast<double>(common) / scale;
    return true;
  }
  return false;
}

bool Lattice::find_digits(std::span<const double> distinct) {
  for (int digits = 1; digits <= kMostDigits; ++digits) {
    const auto on = [digits](double value) {
      return static_cast<float>(rounded(value, unit_of(value, digits))) ==
             static_cast<float>(value);
    };
    if (!std::all_of(distinct.begin(), distinct.end(), on)) continue;
    digits_ = digits;
    return true;
  }
  return false;
}

bool Lattice::find_steps(std::span<const double> distinct) {
  if (distinct.size() < kLeastOnSteps) return false;
  const double largest = std::max(std::abs(distinct.front()), std::abs(distinct.back()));
  const double rounding = kRounding * largest;
  double least = distinct.back() - distinct.front();
  for (std::size_t i = 1; i < distinct.size(); ++i)
    least = std::min(least, distinct[i] - distinct[i - 1]);
  for (int skipped = 1; skipped <= kMostSkipped; ++skipped) {
    if (least / skipped < kFiner * rounding) return false;
    step_ = refined_step(distinct, least / skipped, rounding);
    if (step_ == 0) continue;
    origin_ = distinct[0];
    seen_.assign(distinct.begin(), distinct.end());
    return true;
  }
  return false;
}

double Lattice::step(double near) const {
  return std::max(step_, digits_ > 0 ? unit_of(near, digits_) : 0);
}

double Lattice::snap(double value) const {
  if (digits_ > 0 && unit_of(value, digits_) >= step_)
    return rounded(value, unit_of(value, digits_));
  if (step_ == 0) return value;
  if (seen_.empty()) {
    const double step = std::nearbyint(step_ * scale_);
    return (origin_ + std::nearbyint((value * scale_ - origin_) / step) * step) / scale_;
  }
  const double near = origin_ + std::nearbyint((value - origin_) / step_) * step_;
  const auto own = std::lower_bound(seen_.begin(), seen_.end(), near - step_ / 4);
  return own != seen_.end() && *own < near + step_ / 4 ? *own : near;
}

// Smoothed as far as values then come again as often as they do in the column: what is drawn of
// few rows with replacement repeats itself.
Marginal::Marginal(std::vector<double> sorted, std::shared_ptr<const Lattice> lattice)
    : values_(std::move(sorted)), lattice_(std::move(lattice)) {
  if (!lattice_->between() || values_.size() < 2 || values_.front() == values_.back()) return;
  const auto rows = static_cast<double>(values_.size());
  const double seen = repeats(1, std::vector<bool>(values_.size()));
  // Of two rows of the column, not of two that are drawn of it.
  const double own = std::max(0.0, (seen * rows - 1) / (rows - 1));
  double best = std::abs(seen - own);
  for (const std::size_t window : kWindows) {
    std::vector<bool> smooth = smooth_pieces(window);
    const double difference = std::abs(repeats(window, smooth) - own);
    if (difference >= best) continue;
    best = difference, window_ = window, smooth_ = std::move(smooth);
  }
}

// Those without a point of mass, from one rank to that of the next piece.
std::vector<bool> Marginal::smooth_pieces(std::size_t window) const {
  const std::size_t last = values_.size() - 1;
  std::vector<bool> smooth((last + window - 1) / window, true);
  for (std::size_t i = 0, end = 0; i <= last; i = end) {
    while (end <= last && values_[end] == values_[i]) ++end;
    if (!lattice_->is_mass(values_[i])) continue;
    for (std::size_t piece = (i > 0 ? i - 1 : 0) / window;
         piece * window < end && piece < smooth.size(); ++piece)
      smooth[piece] = false;
  }
  return smooth;
}

// How likely two draws are equal.
double Marginal::repeats(std::size_t window, const std::vector<bool>& smooth) const {
  const std::size_t last = values_.size() - 1;
  const auto rows = static_cast<double>(last);
  double sum = 0, pending = 0, of = values_[0];
  const auto add = [&](double value, double part) {
    if (value != of) sum += pending * pending, pending = 0, of = value;
    pending += part;
  };
  for (std::size_t from = 0; from < last; from += window) {
    const std::size_t to = std::min(from + window, last);
    const double low = values_[from], high = values_[to];
    if (!smooth[from / window]) {
      for (std::size_t i = from; i < to; ++i)
        add(values_[i], 0.5 / rows), add(values_[i + 1], 0.5 / rows);
      continue;
    }
    const double step = lattice_->step((low + high) / 2),
                 part = static_cast<double>(to - from) / rows;
    const double count = step > 0 ? std::max(1.0, (high - low) / step) : 0;
    add(low, count > 0 ? part / 2 / count : 0);
    if (count > 0) sum += (count - 1) * (part / count) * (part / count);
    add(high, count > 0 ? part / 2 / count : 0);
  }
  return sum + pending * pending;
}

double Marginal::at(double u) const {
  // Mirrored at the ends, which would come too often otherwise.
  const auto last = static_cast<double>(values_.size() - 1);
  double place = std::abs(u * static_cast<double>(values_.size()) - 0.5);
  if (place > last) place = std::max(0.0, 2 * last - place);
  const auto below = static_cast<std::size_t>(place);
  if (window_ == 0 || below / window_ >= smooth_.size() || !smooth_[below / window_])
    return values_[static_cast<std::size_t>(std::lround(place))];
  const std::size_t from = below / window_ * window_;
  const std::size_t to = std::min(from + window_, values_.size() - 1);
  const double low = values_[from], high = values_[to];
  const double part = (place - static_cast<double>(from)) / static_cast<double>(to - from);
  return std::clamp(lattice_->snap(low + part * (high - low)), low, high);
}

Marginal::Ranks Marginal::ranks(double value) const {
  const auto [first, end] = std::equal_range(values_.begin(), values_.end(), value);
  const auto count = static_cast<double>(values_.size());
  const auto below = static_cast<double>(first - values_.begin());
  const auto upto = static_cast<double>(end - values_.begin());
  if (first != end) return {below / count, upto / count};
  const double point = std::clamp(below, 0.5, count - 0.5) / count;
  return {point, point};
}

double Marginal::score(double value) const {
  const auto [below, upto] = ranks(value);
  return normal_quantile((below + upto) / 2);
}

}  // namespace amalgam
