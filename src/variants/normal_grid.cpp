#include "variants/normal_grid.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace amalgam {
namespace {

constexpr double kSteps = 0x1p24, kTurn = 2 * std::numbers::pi;
// Rounding of the values brings a pair this far from its angle at most, and this far on the average
// (measured: .40 and .07, and .64 and .33 for values off the grid).
constexpr double kFar = 0.42, kMean = 0.1;
constexpr double kMeanOn = 0.066, kMeanOff = 0.3325;

}  // namespace

void AngleGrid::add_pair(float cosine, float sine) {
  double angle = std::atan2(static_cast<double>(sine), static_cast<double>(cosine));
  if (angle < 0) angle += kTurn;
  const double nearest = std::nearbyint(angle / kTurn * kSteps);
  // The angle is rounded to float32, which is coarser than the grid in the upper half.
  constexpr auto turn = static_cast<float>(kTurn);
  double least = 9;
  for (int step = -2; step <= 2; ++step) {
    const float number = static_cast<float>(nearest + step) * 0x1p-24f;
    const double drawn = static_cast<double>(turn * number);
    least = std::min(least, std::abs(angle - drawn) / kTurn * kSteps);
  }
  ++pairs_;
  far_ += least > kFar;
  squares_ += least * least;
}

void AngleGrid::add(const AngleGrid& other) {
  pairs_ += other.pairs_, far_ += other.far_, squares_ += other.squares_;
}

bool AngleGrid::all_on() const {
  return pairs_ >= kEnough && far_ == 0 &&
         std::sqrt(squares_ / static_cast<double>(pairs_)) < kMean;
}

double AngleGrid::part_on() const {
  if (pairs_ == 0) return 0;
  const double mean = squares_ / static_cast<double>(pairs_);
  const double on = kMeanOn * kMeanOn, off = kMeanOff * kMeanOff;
  return std::clamp((off - mean) / (off - on), 0.0, 1.0);
}

}  // namespace amalgam
