#include "audit/neighbours.h"

#include <Eigen/Dense>
#include <algorithm>
#include <limits>
#include <map>
#include <numeric>

#include "audit/attacks/features.h"

namespace amalgam {
namespace {

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

// Of text and vectors each column counts alike; a picture's pixels are of one scale already.
void scale_columns(Matrix& rows) {
  for (Eigen::Index i = 0; i < rows.cols(); ++i) {
    const float norm = rows.col(i).norm();
    if (norm > 0) rows.col(i) /= norm;
  }
}

Matrix features_of(const StreamSample& sample) {
  std::uint64_t width = 0;
  const std::vector<float> values = classifier_features(sample, width);
  Matrix rows = Eigen::Map<const Matrix>(values.data(), static_cast<Eigen::Index>(sample.rows),
                                         static_cast<Eigen::Index>(width));
  rows.rowwise() -= rows.colwise().mean().eval();
  if (sample.kind == SampleKind::kVector) scale_columns(rows);
  return rows;
}

double commonest_share(const std::vector<std::int64_t>& labels) {
  std::map<std::int64_t, double> counts;
  for (const std::int64_t label : labels) counts[label] += 1;
  double most = 0;
  for (const auto& [label, count] : counts) most = std::max(most, count);
  return most / static_cast<double>(labels.size());
}

// The class with most voters, and their number.
std::pair<std::int64_t, std::size_t> vote(const std::vector<std::int64_t>& labels,
                                          std::span<const std::size_t> voters) {
  std::map<std::int64_t, std::size_t> votes;
  for (const std::size_t voter : voters) ++votes[labels[voter]];
  std::pair<std::int64_t, std::size_t> best{0, 0};
  for (const auto& [label, count] : votes)
    if (count > best.second) best = {label, count};
  return best;
}

}  // namespace

NeighbourVotes neighbour_votes(const StreamSample& sample) {
  NeighbourVotes votes;
  if (sample.labels.empty() || sample.rows < 4 * NeighbourVotes::kVoters) return votes;
  votes.chance = commonest_share(sample.labels);
  if (votes.chance == 1) return votes;
  const Matrix rows = features_of(sample);
  const Eigen::VectorXf norms = rows.rowwise().squaredNorm();
  Matrix distances = -2 * rows * rows.transpose();
  distances.rowwise() += norms.transpose();
  std::vector<std::size_t> order(sample.rows);
  for (std::size_t r = 0; r < sample.rows; ++r) {
    const auto to = distances.row(static_cast<Eigen::Index>(r));
    const auto nearer = [&](std::size_t a, std::size_t b) {
      return to[static_cast<Eigen::Index>(a)] < to[static_cast<Eigen::Index>(b)];
    };
    distances(static_cast<Eigen::Index>(r), static_cast<Eigen::Index>(r)) =
        std::numeric_limits<float>::infinity();
    std::iota(order.begin(), order.end(), 0);
    std::partial_sort(order.begin(), order.begin() + NeighbourVotes::kVoters, order.end(), nearer);
    const auto [label, count] =
        vote(sample.labels, std::span(order).first(NeighbourVotes::kVoters));
    const bool clear = count + 1 >= NeighbourVotes::kVoters;
    votes.rows += 1;
    votes.agreement += sample.labels[order[0]] == sample.labels[r];
    votes.clear += clear;
    votes.contradicted += clear && label != sample.labels[r];
  }
  votes.agreement /= votes.rows;
  return votes;
}

}  // namespace amalgam
