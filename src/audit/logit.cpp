#include "audit/logit.h"

#include <algorithm>
#include <cmath>

namespace amalgam {
namespace {

constexpr int kSteps = 300;
constexpr double kRate = 0.3, kRidge = 0.02;
// Statistics of a job far from all games count as far, not as infinitely far.
constexpr double kFarthest = 5;

}  // namespace

ConditionalLogit::ConditionalLogit(const std::vector<LogitGame>& games) {
  standardise(games);
  weights_.assign(mean_.size(), 0);
  for (int step = 0; step < kSteps; ++step) {
    std::vector<double> gradient(weights_.size());
    for (const LogitGame& game : games) {
      const std::vector<double> p = probabilities(*game.statistics);
      const auto wanted =
          static_cast<double>(std::count(game.wanted->begin(), game.wanted->end(), true));
      for (std::size_t s = 0; s < p.size(); ++s) {
        const std::vector<double> x = scaled((*game.statistics)[s]);
        const double pull = ((*game.wanted)[s] ? 1 / wanted : 0) - p[s];
        for (std::size_t i = 0; i < x.size(); ++i) gradient[i] += pull * x[i];
      }
    }
    for (std::size_t i = 0; i < weights_.size(); ++i)
      weights_[i] +=
          kRate * (gradient[i] / static_cast<double>(games.size()) - kRidge * weights_[i]);
  }
}

void ConditionalLogit::standardise(const std::vector<LogitGame>& games) {
  const std::size_t size = games.front().statistics->front().size();
  std::vector<double> sum(size), squares(size);
  double count = 0;
  for (const LogitGame& game : games)
    for (const auto& stream : *game.statistics) {
      for (std::size_t i = 0; i < size; ++i)
        sum[i] += stream[i], squares[i] += stream[i] * stream[i];
      count += 1;
    }
  for (std::size_t i = 0; i < size; ++i) {
    mean_.push_back(sum[i] / count);
    const double variance = squares[i] / count - mean_[i] * mean_[i];
    scale_.push_back(variance > 1e-18 ? 1 / std::sqrt(variance) : 0);
  }
}

std::vector<double> ConditionalLogit::scaled(const std::vector<double>& statistics) const {
  std::vector<double> x(statistics.size());
  for (std::size_t i = 0; i < x.size(); ++i)
    x[i] = std::clamp((statistics[i] - mean_[i]) * scale_[i], -kFarthest, kFarthest);
  return x;
}

std::vector<double> ConditionalLogit::probabilities(
    const std::vector<std::vector<double>>& statistics) const {
  std::vector<double> p;
  for (const auto& stream : statistics) {
    double sum = 0;
    const std::vector<double> x = scaled(stream);
    for (std::size_t i = 0; i < x.size(); ++i) sum += weights_[i] * x[i];
    p.push_back(sum);
  }
  const double most = *std::max_element(p.begin(), p.end());
  double total = 0;
  for (double& value : p) total += value = std::exp(value - most);
  for (double& value : p) value /= total;
  return p;
}

}  // namespace amalgam
