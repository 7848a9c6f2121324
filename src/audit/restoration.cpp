#include "audit/restoration.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

#include "audit/stream_sample.h"
#include "base/parallel.h"
#include "noise/grid.h"

namespace amalgam {
namespace {

constexpr std::uint64_t kRows = 1024, kBlock = 256;
// Of 1,024 independent pairs of values the correlation is above this once in 10^15.
constexpr float kCorrelates = 0.25F;
// How far the deviation of a natural column is from that of noise.
constexpr double kLikeNoise = 0.15;

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic>;

// [rows, columns], each column with mean 0 and norm 1; `deviations` by column.
Matrix standardised(const JobView& job, const ViewedColumns& field,
                    std::vector<double>& deviations) {
  const auto rows = static_cast<Eigen::Index>(std::min(kRows, job.rows(false)));
  const auto columns = static_cast<Eigen::Index>(job.width(field.tensor));
  Matrix z(rows, columns);
  for (Eigen::Index r = 0; r < rows; ++r) {
    const Bytes row = job.row(field.tensor, false, static_cast<std::uint64_t>(r));
    for (Eigen::Index c = 0; c < columns; ++c)
      z(r, c) = static_cast<float>(load_number(field.dtype, row, static_cast<std::size_t>(c)));
  }
  for (Eigen::Index c = 0; c < columns; ++c) {
    z.col(c).array() -= z.col(c).mean();
    const float norm = z.col(c).norm();
    deviations.push_back(static_cast<double>(norm) / std::sqrt(static_cast<double>(rows)));
    if (norm > 1e-6F) z.col(c) /= norm;
  }
  return z;
}

// By column: the largest correlation with any other.
std::vector<float> strongest(const Matrix& z, unsigned threads) {
  const auto columns = static_cast<std::uint64_t>(z.cols());
  std::vector<float> most(columns);
  parallel_blocks(threads, (columns + kBlock - 1) / kBlock, [&](std::uint64_t block) {
    const auto first = static_cast<Eigen::Index>(block * kBlock);
    const Eigen::Index count = std::min<Eigen::Index>(kBlock, z.cols() - first);
    Matrix all = (z.transpose() * z.middleCols(first, count)).cwiseAbs();
    for (Eigen::Index c = 0; c < count; ++c) {
      all(first + c, c) = 0;
      most[static_cast<std::size_t>(first + c)] = all.col(c).maxCoeff();
    }
  });
  return most;
}

// Of how many ways to choose `some` of `all`, the logarithm.
double log2_choices(std::uint64_t all, std::uint64_t some) {
  const auto log_factorial = [](std::uint64_t n) {
    return std::lgamma(static_cast<double>(n) + 1);
  };
  return (log_factorial(all) - log_factorial(some) - log_factorial(all - some)) / std::log(2.0);
}

}  // namespace

std::vector<std::uint64_t> natural_columns(const JobView& job, unsigned threads) {
  const ViewedColumns& field = job.subnetworks().front().features.front();
  std::vector<double> deviations;
  const Matrix z = standardised(job, field, deviations);
  const std::vector<float> most = strongest(z, threads);
  std::vector<double> alone;
  for (std::size_t c = 0; c < most.size(); ++c)
    if (most[c] < kCorrelates && deviations[c] > 1e-9) alone.push_back(deviations[c]);
  std::sort(alone.begin(), alone.end());
  const double noise = alone.empty() ? 0 : alone[alone.size() / 2];
  std::vector<std::uint64_t> natural;
  for (std::size_t c = 0; c < most.size(); ++c)
    if (most[c] >= kCorrelates || std::abs(deviations[c] - noise) > kLikeNoise * noise)
      natural.push_back(c);
  return natural;
}

Restoration match_columns(const JobView& job, const std::vector<std::uint64_t>& natural,
                          std::size_t wanted) {
  const ViewedColumns& field = job.subnetworks()[wanted].features.front();
  Restoration found;
  found.columns = job.width(field.tensor);
  found.taken = natural.size();
  found.of = field.positions.size();
  found.subnetwork = wanted;
  for (const std::uint64_t column : field.positions)
    found.right += std::binary_search(natural.begin(), natural.end(), column);
  found.bits = log2_choices(found.columns, found.of);
  if (found.right == found.of) found.bits_left = log2_choices(found.taken, found.of);
  return found;
}

}  // namespace amalgam
