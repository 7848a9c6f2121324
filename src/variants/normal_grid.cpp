#include "variants/normal_grid.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/vectorised.h"

namespace amalgam {
namespace {

constexpr double kSteps = 0x1p24, kTurn = 2 * std::numbers::pi;
// Rounding of the values brings a pair this far from its angle at most, and this far on the average
// (measured: .40 and .07, and .64 and .33 for values off the grid).
constexpr double kFar = 0.42, kMean = 0.1;
constexpr double kMeanOn = 0.066, kMeanOff = 0.3325;

// 1 / 1, -1 / 3, 1 / 5, ...: of the arc tangent, to a thousandth of a step for tangents of up to a
// sixteenth of a turn.
constexpr auto kSeries = [] {
  std::array<double, 10> terms{};
  for (std::size_t k = 0; k < terms.size(); ++k)
    terms[k] = (k % 2 == 0 ? 1 : -1) / static_cast<double>(2 * k + 1);
  return terms;
}();

// The angle of (x, y) in [0, a turn]; 0 of (0, 0).
AMALGAM_INLINED double angle_of(double x, double y) {
  constexpr double kSixteenth = std::numbers::sqrt2 - 1;  // its tangent
  const double across = std::abs(x), up = std::abs(y);
  const double large = across < up ? up : across, small = across < up ? across : up;
  const bool steep = small > kSixteenth * large;
  const double top = steep ? small - large : small, bottom = steep ? small + large : large;
  const double tangent = top / (bottom == 0 ? 1 : bottom);
  double angle = tangent * polynomial(kSeries, tangent * tangent);
  angle += steep ? kTurn / 8 : 0;
  angle = across < up ? kTurn / 4 - angle : angle;
  angle = x < 0 ? kTurn / 2 - angle : angle;
  return y < 0 ? kTurn - angle : angle;
}

// How far an angle is from those that could be drawn, in steps of the grid.
AMALGAM_INLINED double distance(double angle) {
  // An angle is rounded to float32, which is coarser than the grid in the upper half: the nearest
  // one's number may be a neighbour's.
  constexpr auto step = static_cast<float>(kTurn) * static_cast<float>(1 / kSteps);
  const auto nearest = static_cast<float>(nearest_whole(angle * (kSteps / kTurn)));
  const double here = std::abs(angle - static_cast<double>(step * nearest));
  const double below = std::abs(angle - static_cast<double>(step * (nearest - 1)));
  const double above = std::abs(angle - static_cast<double>(step * (nearest + 1)));
  const double other = below < above ? below : above;
  return (other < here ? other : here) * (kSteps / kTurn);
}

struct Distances {
  static AMALGAM_INLINED void run(const std::span<const float>& cosines,
                                  const std::span<const float>& sines, double* const& out) {
    for (std::size_t i = 0; i < cosines.size(); ++i)
      out[i] = distance(angle_of(static_cast<double>(cosines[i]), static_cast<double>(sines[i])));
  }
};

}  // namespace

void AngleGrid::add_pairs(const Block& cosines, const Block& sines, std::size_t count) {
  static constexpr std::size_t kLanes = 4;
  double distances[kPairs];
  run_widest<Distances>(std::span<const float>(cosines), std::span<const float>(sines),
                        &distances[0]);
  double squares[kLanes] = {};
  for (std::size_t i = 0; i < kPairs; i += kLanes)
    for (std::size_t lane = 0; lane < kLanes; ++lane) {
      const double distance = distances[i + lane];
      far_ += distance <= kFar ? 0 : 1;
      squares[lane] += distance * distance;
    }
  pairs_ += count;
  squares_ += (squares[0] + squares[1]) + (squares[2] + squares[3]);
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
