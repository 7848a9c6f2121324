#include "obfuscate/column_groups.h"

#include <utility>

#include "base/parallel.h"

namespace amalgam {
namespace {

constexpr std::uint64_t kRowsAtOnce = 4096;

}  // namespace

ColumnSums columns_of(const RealRows& rows, const Scaling& scaling) {
  const std::size_t width = rows.width();
  const auto row = [&](std::uint64_t number, std::vector<float>& scratch) {
    const auto own = rows[number];
    if (scaling.groups.empty()) return own;
    for (std::size_t c = 0; c < width; ++c) scratch[c] = scaling(own[c], c, width);
    return std::span<const float>(scratch);
  };
  const std::uint64_t blocks = (rows.size() + kRowsAtOnce - 1) / kRowsAtOnce;
  std::vector<float> first_scratch(width);
  const auto first_row = row(0, first_scratch);
  std::vector<ColumnSums> parts(blocks, ColumnSums({first_row.begin(), first_row.end()}));
  parallel_blocks(0, blocks, [&](std::uint64_t b) {
    std::vector<float> scratch(width);
    const std::uint64_t first = b * kRowsAtOnce;
    const std::uint64_t end = std::min<std::uint64_t>(first + kRowsAtOnce, rows.size());
    for (std::uint64_t r = first; r < end; ++r) parts[b].add(row(r, scratch));
  });
  for (std::uint64_t b = 1; b < blocks; ++b) parts[0].join(parts[b]);
  return std::move(parts[0]);
}

std::vector<Group> groups_of(const ColumnSums& columns, Grouping grouping) {
  const std::size_t width = columns.width();
  std::vector<Group> out(grouping.count);
  for (std::size_t c = 0; c < width; ++c) {
    Group& group = out[grouping.of(c, width)];
    const Sums column = columns.of(c);
    group.mean += column.total();
    group.least = std::min(group.least, column.least);
    group.most = std::max(group.most, column.most);
  }
  const std::uint64_t each = columns.rows() * (width / grouping.count);
  for (Group& group : out) {
    group.count = static_cast<double>(each);
    group.mean /= group.count;
  }
  for (std::size_t c = 0; c < width; ++c) {
    Group& group = out[grouping.of(c, width)];
    group.squares += columns.of(c).squares_about(group.mean);
  }
  for (Group& group : out) group.squares = std::max(0.0, group.squares);
  return out;
}

}  // namespace amalgam
