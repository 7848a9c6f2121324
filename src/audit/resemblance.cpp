#include "audit/resemblance.h"

#include <Eigen/Cholesky>
#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "audit/prior_kernel.h"

namespace amalgam {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr double kRidge = 1;
constexpr std::size_t kRepeats = 5, kFolds = 10;
// Because samples teach and test; see farther().
constexpr double kTwice = 2;

// Which fold each is tested in: so many of both sides in each.
std::vector<std::vector<Index>> deal_folds(Index samples, Index rows, RandomStream& random) {
  std::vector<std::vector<Index>> folds(kFolds);
  const auto deal = [&](Index first, Index count) {
    const std::vector<std::uint64_t> order = random.permutation(static_cast<std::uint64_t>(count));
    for (std::size_t i = 0; i < order.size(); ++i)
      folds[i % kFolds].push_back(first + static_cast<Index>(order[i]));
  };
  deal(0, samples);
  deal(samples, rows);
  return folds;
}

// What regression gives each when it was not among those that taught it. Of one inverse, all folds
// follow: what a fold is predicted to be is its target less the residual of its block.
VectorXd held_out_scores(const MatrixXd& kernel, Index samples, RandomStream& random) {
  const Index n = kernel.rows(), rows = n - samples;
  VectorXd target(n);
  MatrixXd system = kernel.array() + 1;  // the constant
  for (Index i = 0; i < n; ++i) {
    const auto side = static_cast<double>(i < samples ? samples : rows);
    target[i] = i < samples ? 1 : -1;
    system(i, i) += kRidge * 2 * side / static_cast<double>(n);
  }
  const MatrixXd inverse = system.llt().solve(MatrixXd::Identity(n, n));
  const VectorXd weights = inverse * target;
  VectorXd scores = VectorXd::Zero(n);
  for (std::size_t repeat = 0; repeat < kRepeats; ++repeat)
    for (const std::vector<Index>& fold : deal_folds(samples, rows, random)) {
      if (fold.empty()) continue;
      const MatrixXd block = inverse(fold, fold);
      const VectorXd residual = block.llt().solve(VectorXd(weights(fold)));
      for (std::size_t i = 0; i < fold.size(); ++i)
        scores[fold[i]] += target[fold[i]] - residual[static_cast<Index>(i)];
    }
  return scores;
}

// By one of `of`, the share of `among` that lies below it; equal ones count half.
std::vector<double> shares_below(std::span<const double> of, std::span<const double> among) {
  std::vector<double> sorted(among.begin(), among.end()), shares;
  std::sort(sorted.begin(), sorted.end());
  for (const double value : of) {
    const auto [low, high] = std::equal_range(sorted.begin(), sorted.end(), value);
    shares.push_back(static_cast<double>((low - sorted.begin()) + (high - sorted.begin())) /
                     (2 * static_cast<double>(sorted.size())));
  }
  return shares;
}

Resemblance judged(const MatrixXd& kernel, std::size_t samples, const Secret& seed) {
  RandomStream random(seed, "prior/folds");
  const VectorXd scores = held_out_scores(kernel, static_cast<Index>(samples), random);
  const std::span<const double> all(scores.data(), static_cast<std::size_t>(scores.size()));
  const auto of_samples = all.first(samples), of_rows = all.subspan(samples);
  Resemblance found{shares_below(of_samples, of_rows), shares_below(of_rows, of_samples)};
  for (double& share : found.rows) share = 1 - share;
  return found;
}

double mean_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

// Of the mean of these.
double variance_of_mean(const std::vector<double>& values) {
  if (values.size() < 2) return 0;
  const double mean = mean_of(values);
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  const auto count = static_cast<double>(values.size());
  return squares / (count - 1) / count;
}

}  // namespace

double Resemblance::auc() const { return mean_of(samples); }

Interval Resemblance::within() const {
  const double half =
      z_of(0.05) * std::sqrt(kTwice * (variance_of_mean(samples) + variance_of_mean(rows)));
  return {std::max(0.0, auc() - half), std::min(1.0, auc() + half)};
}

Resemblance none_of_it(std::size_t samples) { return {std::vector<double>(samples, 1), {}}; }

Resemblance resemblance(const StreamSample& samples, const StreamSample& rows, const Secret& seed) {
  return judged(kernel_of_values(samples, rows), samples.rows, seed);
}

Resemblance resemblance(const std::vector<std::vector<std::uint64_t>>& samples,
                        const std::vector<std::vector<std::uint64_t>>& rows, const Secret& seed) {
  return judged(kernel_of_texts(samples, rows), samples.size(), seed);
}

double farther(const Resemblance& near, const Resemblance& far) {
  std::vector<double> by_sample;
  for (std::size_t i = 0; i < near.samples.size(); ++i)
    by_sample.push_back(far.samples[i] - near.samples[i]);
  const double by = mean_of(by_sample);
  const double variance = kTwice * (variance_of_mean(by_sample) + variance_of_mean(near.rows) +
                                    variance_of_mean(far.rows));
  if (variance > 0) return by / std::sqrt(variance);
  return by > 0 ? std::numeric_limits<double>::infinity() : 0;
}

}  // namespace amalgam
