#include "obfuscate/row_pool.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <unordered_set>

#include "base/bytes.h"
#include "formats/class_counts.h"

namespace amalgam {
namespace {

// How many of each class, of so many that it has, so that they are `count` together and as even as
// can be.
std::vector<std::uint64_t> even_shares(const std::vector<std::uint64_t>& has, std::uint64_t count) {
  std::vector<std::size_t> order(has.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return has[a] < has[b]; });
  std::vector<std::uint64_t> shares(has.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    shares[order[i]] = std::min(has[order[i]], count / (order.size() - i));
    count -= shares[order[i]];
  }
  return shares;
}

// The same in proportion to what it has: each share rounded down, and one more for those that lost
// most by that.
std::vector<std::uint64_t> proportional_shares(const std::vector<std::uint64_t>& has,
                                               std::uint64_t count) {
  const auto all = static_cast<double>(std::accumulate(has.begin(), has.end(), std::uint64_t{0}));
  std::vector<std::uint64_t> shares(has.size());
  std::vector<double> lost(has.size());
  std::uint64_t left = count;
  for (std::size_t c = 0; c < has.size(); ++c) {
    const double share = static_cast<double>(count) * static_cast<double>(has[c]) / all;
    shares[c] = std::min(has[c], static_cast<std::uint64_t>(share));
    lost[c] = shares[c] < has[c] ? share - static_cast<double>(shares[c]) : -1;
    left -= shares[c];
  }
  std::vector<std::size_t> order(has.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return lost[a] > lost[b]; });
  for (std::size_t i = 0; i < left; ++i) ++shares[order[i]];
  return shares;
}

}  // namespace

RowList all_rows(const Dataset& data) {
  RowList rows(data.rows());
  std::iota(rows.begin(), rows.end(), std::uint64_t{0});
  return rows;
}

RowPool::RowPool(const Dataset& data, const Secret& seed, const std::string& name)
    : data_(data),
      order_(RandomStream(seed, name).permutation(data.rows())),
      distinct_(order_.size()) {}

void RowPool::put_repeats_last(const std::vector<std::uint64_t>& keys) {
  std::unordered_set<std::uint64_t> seen;
  std::stable_partition(order_.begin(), order_.end(),
                        [&](std::uint64_t row) { return seen.insert(keys[row]).second; });
  distinct_ = seen.size();
}

RowList RowPool::take(std::uint64_t count, Spread spread) {
  const auto whole = static_cast<std::ptrdiff_t>(distinct_ < count ? order_.size() : distinct_);
  const auto end = order_.begin() + whole;
  const Field* labels = spread == Spread::kAny ? nullptr : class_labels(data_);
  RowList taken;
  if (labels)
    taken = of_classes({order_.begin(), end}, *labels, count, spread);
  else
    taken.assign(order_.begin(), order_.begin() + static_cast<std::ptrdiff_t>(count));
  std::sort(taken.begin(), taken.end());
  const auto gone = [&](std::uint64_t row) {
    return std::binary_search(taken.begin(), taken.end(), row);
  };
  distinct_ =
      static_cast<std::uint64_t>(std::remove_if(order_.begin(), end, gone) - order_.begin());
  RowList left(order_.begin(), order_.begin() + static_cast<std::ptrdiff_t>(distinct_));
  std::copy_if(end, order_.end(), std::back_inserter(left),
               [&](std::uint64_t row) { return !gone(row); });
  order_ = std::move(left);
  return taken;
}

void RowPool::keep(const RowList& rows) {
  std::erase_if(order_, [&](std::uint64_t row) {
    return !std::binary_search(rows.begin(), rows.end(), row);
  });
  distinct_ = order_.size();
}

RowList RowPool::of_classes(std::span<const std::uint64_t> rows, const Field& labels,
                            std::uint64_t count, Spread spread) const {
  const auto values = view_as<std::int64_t>(labels.tensor.source->view());
  std::map<std::int64_t, RowList> by_class;
  for (const std::uint64_t row : rows) by_class[values[row]].push_back(row);
  std::vector<std::uint64_t> has;
  for (const auto& [label, own] : by_class) has.push_back(own.size());
  const std::vector<std::uint64_t> shares =
      spread == Spread::kEven ? even_shares(has, count) : proportional_shares(has, count);
  RowList taken;
  std::size_t i = 0;
  for (const auto& [label, own] : by_class)
    taken.insert(taken.end(), own.begin(), own.begin() + static_cast<std::ptrdiff_t>(shares[i++]));
  return taken;
}

}  // namespace amalgam
