#include "audit/restoration.h"

#include <algorithm>
#include <cmath>

namespace amalgam {
namespace {

// How far the deviation of a natural column is from that of noise.
constexpr double kLikeNoise = 0.15;

// Of how many ways to choose `some` of `all`, the logarithm.
double log2_choices(std::uint64_t all, std::uint64_t some) {
  const auto log_factorial = [](std::uint64_t n) {
    return std::lgamma(static_cast<double>(n) + 1);
  };
  return (log_factorial(all) - log_factorial(some) - log_factorial(all - some)) / std::log(2.0);
}

float strongest(const ColumnNeighbours& column) {
  return column.nearest.empty() ? 0 : column.nearest.front().correlation;
}

// Of the stream's columns, those in a sorted list.
std::uint64_t shared(const ViewedColumns& field, const std::vector<std::uint64_t>& columns) {
  std::uint64_t count = 0;
  for (const std::uint64_t column : field.positions)
    count += std::binary_search(columns.begin(), columns.end(), column);
  return count;
}

}  // namespace

std::vector<std::uint64_t> natural_columns(const std::vector<ColumnNeighbours>& columns) {
  std::vector<double> alone;
  for (const ColumnNeighbours& column : columns)
    if (strongest(column) < kCorrelates && column.deviation > 1e-9)
      alone.push_back(column.deviation);
  std::sort(alone.begin(), alone.end());
  const double noise = alone.empty() ? 0 : alone[alone.size() / 2];
  std::vector<std::uint64_t> natural;
  for (std::size_t c = 0; c < columns.size(); ++c)
    if (strongest(columns[c]) >= kCorrelates ||
        std::abs(columns[c].deviation - noise) > kLikeNoise * noise)
      natural.push_back(c);
  return natural;
}

Restoration match_columns(const JobView& job, const std::vector<std::uint64_t>& natural,
                          std::size_t wanted) {
  const ViewedColumns& field = job.subnetworks()[wanted].main_feature();
  Restoration found;
  found.columns = job.width(field.group);
  found.taken = natural.size();
  found.of = field.positions.size();
  found.subnetwork = wanted;
  found.right = shared(field, natural);
  found.bits = log2_choices(found.columns, found.of);
  if (found.right == found.of) found.bits_left = log2_choices(found.taken, found.of);
  return found;
}

std::vector<ColumnCluster> match_groups(const JobView& job,
                                        const std::vector<std::vector<std::uint64_t>>& groups) {
  const ColumnGroup columns = job.subnetworks().front().main_feature().group;
  std::vector<ColumnCluster> clusters;
  for (const auto& group : groups) {
    ColumnCluster cluster;
    cluster.columns = group;
    for (std::size_t s = 0; s < job.subnetworks().size(); ++s) {
      const ViewedColumns& field = job.subnetworks()[s].main_feature();
      const std::uint64_t right = field.group == columns ? shared(field, group) : 0;
      if (right <= cluster.right) continue;
      cluster.right = right, cluster.subnetwork = s, cluster.of = field.positions.size();
    }
    clusters.push_back(std::move(cluster));
  }
  return clusters;
}

StreamSample sample_cluster(const JobView& job, const ColumnCluster& cluster) {
  const std::vector<std::uint64_t>& all =
      job.subnetworks()[cluster.subnetwork].main_feature().positions;
  StreamSample sample = sample_columns(job, cluster.subnetwork, all);
  const auto [least, most] = std::minmax_element(sample.values.begin(), sample.values.end());
  const float middle = (*least + *most) / 2;
  for (std::uint64_t i = 0; i < sample.width; ++i) {
    if (std::binary_search(cluster.columns.begin(), cluster.columns.end(), all[i])) continue;
    for (std::uint64_t r = 0; r < sample.rows; ++r) sample.values[r * sample.width + i] = middle;
  }
  return sample;
}

}  // namespace amalgam
