#include "audit/correlations.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/parallel.h"
#include "noise/grid.h"

namespace amalgam {
namespace {

constexpr std::uint64_t kRows = 1024, kBlock = 256;

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic>;

// [rows, columns], each column with mean 0 and norm 1.
Matrix standardised(const JobView& job, const ViewedColumns& field,
                    std::vector<ColumnNeighbours>& out) {
  const auto rows = static_cast<Eigen::Index>(std::min(kRows, job.rows(false)));
  const auto columns = static_cast<Eigen::Index>(job.width(field.group));
  Matrix z(rows, columns);
  for (Eigen::Index r = 0; r < rows; ++r) {
    const Bytes row = job.row(field.group, false, static_cast<std::uint64_t>(r));
    for (Eigen::Index c = 0; c < columns; ++c)
      z(r, c) =
          static_cast<float>(load_number(field.group.dtype, row, static_cast<std::uint64_t>(c)));
  }
  for (Eigen::Index c = 0; c < columns; ++c) {
    z.col(c).array() -= z.col(c).mean();
    const float norm = z.col(c).norm();
    out[static_cast<std::size_t>(c)].deviation =
        static_cast<double>(norm) / std::sqrt(static_cast<double>(rows));
    if (norm > 1e-6F) z.col(c) /= norm;
  }
  return z;
}

void keep_strongest(const Eigen::Ref<const Eigen::VectorXf>& all, ColumnNeighbours& column) {
  std::vector<std::uint64_t> order(static_cast<std::size_t>(all.size()));
  std::iota(order.begin(), order.end(), 0);
  const std::size_t most = std::min(ColumnNeighbours::kMost, order.size());
  const auto at = [&](std::uint64_t c) { return all[static_cast<Eigen::Index>(c)]; };
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(most), order.end(),
                    [&](auto a, auto b) { return at(a) != at(b) ? at(a) > at(b) : a < b; });
  for (std::size_t i = 0; i < most; ++i) column.nearest.push_back({order[i], at(order[i])});
}

// Sets that grow together (union-find).
class Groups {
 public:
  explicit Groups(std::size_t count) : parent_(count), size_(count, 1) {
    std::iota(parent_.begin(), parent_.end(), 0);
  }
  std::uint64_t root(std::uint64_t i) {
    while (parent_[i] != i) i = parent_[i] = parent_[parent_[i]];
    return i;
  }
  bool join(std::uint64_t a, std::uint64_t b) {
    a = root(a), b = root(b);
    if (a == b) return false;
    if (size_[a] < size_[b]) std::swap(a, b);
    parent_[b] = a;
    size_[a] += size_[b];
    return true;
  }
  std::vector<std::vector<std::uint64_t>> largest(std::size_t count) {
    std::vector<std::vector<std::uint64_t>> members(parent_.size());
    for (std::uint64_t i = 0; i < parent_.size(); ++i) members[root(i)].push_back(i);
    std::erase_if(members, [](const auto& group) { return group.size() < 2; });
    std::stable_sort(members.begin(), members.end(),
                     [](const auto& a, const auto& b) { return a.size() > b.size(); });
    if (members.size() > count) members.resize(count);
    return members;
  }
  // Columns in the `count` largest groups, each counted up to `fair`: less where two that belong
  // apart have grown together.
  std::uint64_t covered(std::size_t count, std::uint64_t fair) {
    std::vector<std::uint64_t> sizes;
    for (std::uint64_t i = 0; i < parent_.size(); ++i)
      if (parent_[i] == i && size_[i] > 1) sizes.push_back(std::min(size_[i], fair));
    std::sort(sizes.rbegin(), sizes.rend());
    sizes.resize(std::min(sizes.size(), count));
    return std::accumulate(sizes.begin(), sizes.end(), std::uint64_t{0});
  }

 private:
  std::vector<std::uint64_t> parent_, size_;
};

struct Edge {
  float correlation;
  std::uint64_t a, b;
};

}  // namespace

std::vector<ColumnNeighbours> column_neighbours(const JobView& job, unsigned threads) {
  const ViewedColumns& field = job.subnetworks().front().main_feature();
  std::vector<ColumnNeighbours> columns(job.width(field.group));
  const Matrix z = standardised(job, field, columns);
  parallel_blocks(threads, (columns.size() + kBlock - 1) / kBlock, [&](std::uint64_t block) {
    const auto first = static_cast<Eigen::Index>(block * kBlock);
    const Eigen::Index count =
        std::min<Eigen::Index>(static_cast<Eigen::Index>(kBlock), z.cols() - first);
    Matrix all = (z.transpose() * z.middleCols(first, count)).cwiseAbs();
    for (Eigen::Index c = 0; c < count; ++c) {
      all(first + c, c) = 0;
      keep_strongest(all.col(c), columns[static_cast<std::size_t>(first + c)]);
    }
  });
  return columns;
}

std::vector<std::vector<std::uint64_t>> column_groups(const std::vector<ColumnNeighbours>& columns,
                                                      std::size_t count) {
  std::vector<Edge> edges;
  for (std::uint64_t c = 0; c < columns.size(); ++c)
    for (const auto& near : columns[c].nearest)
      if (near.correlation >= kCorrelates) edges.push_back({near.correlation, c, near.column});
  std::stable_sort(edges.begin(), edges.end(),
                   [](const Edge& a, const Edge& b) { return a.correlation > b.correlation; });
  // Single linkage, as far as the groups are fullest.
  constexpr std::size_t kLooks = 200;
  const std::size_t every = std::max<std::size_t>(1, edges.size() / kLooks);
  const std::uint64_t fair = columns.size() / std::max<std::size_t>(1, count);
  Groups growing(columns.size());
  std::size_t best = 0;
  std::uint64_t most = 0;
  for (std::size_t e = 0; e < edges.size(); ++e) {
    growing.join(edges[e].a, edges[e].b);
    if ((e + 1) % every != 0 && e + 1 != edges.size()) continue;
    const std::uint64_t covered = growing.covered(count, fair);
    if (covered > most) most = covered, best = e + 1;
  }
  Groups groups(columns.size());
  for (std::size_t e = 0; e < best; ++e) groups.join(edges[e].a, edges[e].b);
  return groups.largest(count);
}

}  // namespace amalgam
