#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "audit/failure.h"

namespace amalgam {
namespace {

// More distinct values than this are no grid.
constexpr std::size_t kMostValues = 4096;
// Ends of ranges may differ by this part of the larger range; where values are on no grid, the
// ends are single rare values.
constexpr double kRange = 0.25, kRangeOffGrid = 0.5;
// This part of a stream's values may be off the others' grid: rare values of small samples.
constexpr double kOffGrid = 0.01;

struct Values {
  std::set<float> grid;  // empty: too many
  double least = 0, most = 0;
};

Values values_of(const StreamSample& sample) {
  Values values;
  const auto [least, most] = std::minmax_element(sample.values.begin(), sample.values.end());
  values.least = static_cast<double>(*least), values.most = static_cast<double>(*most);
  for (const float v : sample.values) {
    values.grid.insert(v);
    if (values.grid.size() <= kMostValues) continue;
    values.grid.clear();
    break;
  }
  return values;
}

double off_grid(const StreamSample& sample, const std::vector<Values>& all, std::size_t own) {
  double off = 0;
  for (const float v : sample.values) {
    bool on = false;
    for (std::size_t s = 0; s < all.size() && !on; ++s) on = s != own && all[s].grid.count(v) > 0;
    off += !on;
  }
  return off / static_cast<double>(sample.values.size());
}

void check_dtypes(const FailureInput& input, FailureList& out) {
  for (std::size_t s = 1; s < input.samples.size(); ++s)
    if (input.samples[s].dtype != input.samples[0].dtype)
      return out.push_back(
          {"dtypes",
           {s},
           fmt::format("it reads {}, sub-network 0 {}", dtype_name(input.samples[s].dtype),
                       dtype_name(input.samples[0].dtype)),
           "bring all data into one dtype before obfuscate"});
}

void check_ranges(const std::vector<Values>& all, FailureList& out) {
  std::string ranges;
  bool differ = false;
  for (std::size_t s = 0; s < all.size(); ++s) {
    ranges += fmt::format("{}[{:g}, {:g}]", s == 0 ? "" : " and ", all[s].least, all[s].most);
    const double range = std::max(all[0].most - all[0].least, all[s].most - all[s].least);
    const double most =
        (all[0].grid.empty() && all[s].grid.empty() ? kRangeOffGrid : kRange) * range;
    differ = differ || std::abs(all[0].least - all[s].least) > most ||
             std::abs(all[0].most - all[s].most) > most;
  }
  if (differ)
    out.push_back({"ranges",
                   {},
                   "the sub-networks' values lie in " + ranges,
                   "scale all data to one range before obfuscate"});
}

}  // namespace

void check_values(const FailureInput& input, FailureList& out) {
  if (input.samples.size() < 2) return;
  check_dtypes(input, out);
  std::vector<Values> all;
  for (const StreamSample& sample : input.samples) all.push_back(values_of(sample));
  check_ranges(all, out);
  std::vector<std::size_t> grids, others;
  for (std::size_t s = 0; s < all.size(); ++s) (all[s].grid.empty() ? others : grids).push_back(s);
  const std::string cure = "quantise all data in the same way before obfuscate";
  if (!grids.empty() && !others.empty())
    return out.push_back(
        {"grid", grids,
         fmt::format("of {} few distinct values occur, of the others any", streams_text(grids)),
         cure});
  for (std::size_t s = 0; s < all.size() && others.empty(); ++s) {
    if (input.samples[s].kind == SampleKind::kText) continue;  // numbers of tokens are names
    if (const double off = off_grid(input.samples[s], all, s); off > kOffGrid)
      out.push_back(
          {"grid",
           {s},
           fmt::format("{:.1f} % of the values of sub-network {} occur in no other", 100 * off, s),
           cure});
  }
}

}  // namespace amalgam
