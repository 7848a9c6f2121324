#include "audit/standardised.h"

#include <algorithm>
#include <cmath>

namespace amalgam {
namespace {

constexpr double kFarthest = 5;
constexpr double kLeastVariance = 1e-18;

}  // namespace

Standardised::Standardised(const std::vector<const std::vector<double>*>& streams) {
  const std::size_t size = streams.front()->size();
  const auto count = static_cast<double>(streams.size());
  for (std::size_t i = 0; i < size; ++i) {
    double sum = 0, squares = 0;
    for (const auto* stream : streams) sum += (*stream)[i];
    const double mean = sum / count;
    for (const auto* stream : streams) squares += std::pow((*stream)[i] - mean, 2);
    mean_.push_back(mean);
    scale_.push_back(squares / count > kLeastVariance ? 1 / std::sqrt(squares / count) : 0);
  }
}

std::vector<double> Standardised::operator()(const std::vector<double>& statistics) const {
  std::vector<double> x(statistics.size());
  for (std::size_t i = 0; i < x.size(); ++i)
    x[i] = std::clamp((statistics[i] - mean_[i]) * scale_[i], -kFarthest, kFarthest);
  return x;
}

}  // namespace amalgam
