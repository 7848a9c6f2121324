#include <algorithm>
#include <cmath>
#include <limits>

#include "audit/score.h"

namespace amalgam {
namespace {

std::vector<double> scales_of(const std::vector<Measurements>& games) {
  std::vector<double> sum(games.front().front().size()), squares = sum, scales;
  double count = 0;
  for (const Measurements& points : games)
    for (const auto& point : points) {
      for (std::size_t i = 0; i < sum.size(); ++i)
        sum[i] += point[i], squares[i] += point[i] * point[i];
      count += 1;
    }
  for (std::size_t i = 0; i < sum.size(); ++i)
    scales.push_back(std::sqrt(std::max(1e-18, squares[i] / count - std::pow(sum[i] / count, 2))));
  return scales;
}

// The stream whose nearest other is farthest, in units of the widest gap among these others.
std::pair<std::size_t, double> oddest(const Measurements& points,
                                      const std::vector<double>& scales) {
  const auto distance = [&](std::size_t a, std::size_t b) {
    double square = 0;
    for (std::size_t i = 0; i < scales.size(); ++i)
      square += std::pow((points[a][i] - points[b][i]) / scales[i], 2);
    return std::sqrt(square);
  };
  std::pair<std::size_t, double> best{0, -1};
  for (std::size_t s = 0; s < points.size(); ++s) {
    double nearest = std::numeric_limits<double>::infinity(), widest = 1e-9;
    for (std::size_t a = 0; a < points.size(); ++a) {
      if (a == s) continue;
      nearest = std::min(nearest, distance(s, a));
      for (std::size_t b = 0; b < a; ++b)
        if (b != s) widest = std::max(widest, distance(a, b));
    }
    if (nearest / widest > best.second) best = {s, nearest / widest};
  }
  return best;
}

}  // namespace

Oddness odd_one_out(const ScoringInput& input) {
  std::vector<Measurements> games;
  for (const MeasuredGame& game : input.games) games.push_back(joined(game));
  const std::vector<double> scales = scales_of(games);
  const auto [stream, ratio] = oddest(joined(input.job), scales);
  double above = 1;
  for (const Measurements& points : games) above += oddest(points, scales).second >= ratio;
  return {stream, above / static_cast<double>(games.size() + 1)};
}

}  // namespace amalgam
