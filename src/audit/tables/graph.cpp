// Statistics of graphs: their sizes, which a person chooses and a tool draws.
#include <algorithm>
#include <bit>
#include <cmath>
#include <set>

#include "audit/specialness.h"

namespace amalgam {
namespace {

// Sizes from here on were chosen; smaller ones are kernels, channels of images, or classes.
constexpr std::uint64_t kLeastSize = 12;

// The first dimensions of what is trained, but for the last one's, which is the data's.
std::set<std::uint64_t> widths_of(const ViewedNetwork& network) {
  std::set<std::uint64_t> widths;
  for (const ViewedTensor& tensor : network.tensors)
    if (tensor.trained() && tensor.values->shape.size() >= 2 &&
        tensor.values->shape[0] >= kLeastSize)
      widths.insert(tensor.values->shape[0]);
  return widths;
}

std::uint64_t trained_values(const ViewedNetwork& network) {
  std::uint64_t count = 0;
  for (const ViewedTensor& tensor : network.tensors)
    if (tensor.trained()) count += tensor.count();
  return count;
}

// A number of values that is a power of two or round in the decimal system is so by accident about
// once in as many as it has such neighbours.
Measured round_count(std::uint64_t count) {
  const double value = static_cast<double>(count);
  return measured_fact(value, std::has_single_bit(count), "a power of two",
                       std::min(1.0, 2 / std::max(1.0, value)));
}

// Of widths on a ladder of 2^k and 3 * 2^k, half are powers of two.
std::optional<Measured> power_widths(const std::set<std::uint64_t>& widths) {
  if (widths.empty()) return std::nullopt;
  const auto count = std::count_if(widths.begin(), widths.end(),
                                   [](std::uint64_t width) { return std::has_single_bit(width); });
  const double share = static_cast<double>(count) / static_cast<double>(widths.size());
  return measured_fact(share, share == 1, "1", std::pow(0.5, static_cast<double>(widths.size())));
}

}  // namespace

void add_graph_statistics(const FailureInput& input, StatisticTable& table) {
  Statistic count{"the number of trained values", {}};
  Statistic powers{"the share of widths that are powers of two", {}};
  for (const ViewedNetwork& network : input.networks) {
    const std::uint64_t values = trained_values(network);
    count.measured.push_back(values > 0 ? std::optional(round_count(values)) : std::nullopt);
    powers.measured.push_back(power_widths(widths_of(network)));
  }
  table.push_back(std::move(count));
  table.push_back(std::move(powers));
}

}  // namespace amalgam
