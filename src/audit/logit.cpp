#include "audit/logit.h"

#include <algorithm>
#include <cmath>

namespace amalgam {
namespace {

constexpr int kSteps = 300;
constexpr double kRate = 0.3, kRidge = 0.02;

}  // namespace

ConditionalLogit::ConditionalLogit(const std::vector<LogitGame>& games) {
  std::vector<const std::vector<double>*> streams;
  for (const LogitGame& game : games)
    for (const auto& stream : *game.statistics) streams.push_back(&stream);
  scaled_ = Standardised(streams);
  weights_.assign(streams.front()->size(), 0);
  std::vector<std::vector<std::vector<double>>> scaled;
  for (const LogitGame& game : games) {
    scaled.emplace_back();
    for (const auto& stream : *game.statistics) scaled.back().push_back(scaled_(stream));
  }
  for (int step = 0; step < kSteps; ++step) {
    std::vector<double> gradient(weights_.size());
    for (std::size_t g = 0; g < games.size(); ++g) {
      const std::vector<bool>& wanted = *games[g].wanted;
      const std::vector<double> p = choose(scaled[g]);
      const auto count = static_cast<double>(std::count(wanted.begin(), wanted.end(), true));
      for (std::size_t s = 0; s < p.size(); ++s) {
        const double pull = (wanted[s] ? 1 / count : 0) - p[s];
        for (std::size_t i = 0; i < gradient.size(); ++i) gradient[i] += pull * scaled[g][s][i];
      }
    }
    for (std::size_t i = 0; i < weights_.size(); ++i)
      weights_[i] +=
          kRate * (gradient[i] / static_cast<double>(games.size()) - kRidge * weights_[i]);
  }
}

std::vector<double> ConditionalLogit::choose(const std::vector<std::vector<double>>& scaled) const {
  std::vector<double> p;
  for (const auto& x : scaled) {
    double sum = 0;
    for (std::size_t i = 0; i < x.size(); ++i) sum += weights_[i] * x[i];
    p.push_back(sum);
  }
  const double most = *std::max_element(p.begin(), p.end());
  double total = 0;
  for (double& value : p) total += value = std::exp(value - most);
  for (double& value : p) value /= total;
  return p;
}

std::vector<double> ConditionalLogit::probabilities(
    const std::vector<std::vector<double>>& statistics) const {
  std::vector<std::vector<double>> scaled;
  for (const auto& stream : statistics) scaled.push_back(scaled_(stream));
  return choose(scaled);
}

}  // namespace amalgam
