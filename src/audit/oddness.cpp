#include <algorithm>
#include <cmath>
#include <limits>

#include "audit/score.h"
#include "audit/standardised.h"

namespace amalgam {
namespace {

// The stream whose nearest other is farthest, in units of the widest gap among these others.
std::pair<std::size_t, double> oddest(const Measurements& streams, const Standardised& scaled) {
  Measurements points;
  for (const auto& stream : streams) points.push_back(scaled(stream));
  const auto distance = [&](std::size_t a, std::size_t b) {
    double square = 0;
    for (std::size_t i = 0; i < points[a].size(); ++i)
      square += std::pow(points[a][i] - points[b][i], 2);
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
  std::vector<const std::vector<double>*> streams;
  for (const Measurements& game : games)
    for (const auto& stream : game) streams.push_back(&stream);
  const Standardised scaled(streams);
  const auto [stream, ratio] = oddest(joined(input.job), scaled);
  double above = 1;
  for (const Measurements& points : games) above += oddest(points, scaled).second >= ratio;
  return {stream, above / static_cast<double>(games.size() + 1)};
}

}  // namespace amalgam
