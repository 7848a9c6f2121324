#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "audit/tells.h"

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
  // Of real numbers that hardly ever come again, few in all are no grid.
  const std::size_t most_on_grid =
      is_floating(sample.dtype) ? std::min(kMostValues, sample.values.size() / 4) : kMostValues;
  const auto [least, most] = std::minmax_element(sample.values.begin(), sample.values.end());
  values.least = static_cast<double>(*least), values.most = static_cast<double>(*most);
  for (const float v : sample.values) {
    values.grid.insert(v);
    if (values.grid.size() <= most_on_grid) continue;
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

struct RangesFound {
  bool differ = false;
  std::string text;
  std::size_t widest = 0;
};

RangesFound ranges_of(const std::vector<Values>& all) {
  RangesFound found;
  const auto width = [&](std::size_t s) { return all[s].most - all[s].least; };
  for (std::size_t s = 0; s < all.size(); ++s) {
    found.text += fmt::format("{}[{:g}, {:g}]", s == 0 ? "" : " and ", all[s].least, all[s].most);
    const double range = std::max(width(0), width(s));
    const double most =
        (all[0].grid.empty() && all[s].grid.empty() ? kRangeOffGrid : kRange) * range;
    found.differ = found.differ || std::abs(all[0].least - all[s].least) > most ||
                   std::abs(all[0].most - all[s].most) > most;
    if (width(s) > width(found.widest)) found.widest = s;
  }
  found.text = "the sub-networks' values lie in " + found.text;
  return found;
}

std::string off_grid_text(double off, std::size_t s) {
  return fmt::format("{:.1f} % of the values of sub-network {} occur in no other", 100 * off, s);
}

std::vector<Values> all_values(const FailureInput& input) {
  std::vector<Values> all;
  for (const StreamSample& sample : input.samples) all.push_back(values_of(sample));
  return all;
}

}  // namespace

void check_values(const FailureInput& input, FailureList& out) {
  if (input.samples.size() < 2) return;
  check_dtypes(input, out);
  const std::vector<Values> all = all_values(input);
  const bool real = is_floating(input.samples[0].dtype);
  if (const RangesFound ranges = ranges_of(all); ranges.differ && !real)
    out.push_back({"ranges", {}, ranges.text, "scale all data to one range before obfuscate"});
  std::vector<std::size_t> grids, others;
  for (std::size_t s = 0; s < all.size(); ++s) (all[s].grid.empty() ? others : grids).push_back(s);
  const std::string cure = "quantise all data in the same way before obfuscate";
  if (!grids.empty() && !others.empty())
    return out.push_back(
        {"grid", grids,
         fmt::format("of {} few distinct values occur, of the others any", streams_text(grids)),
         cure});
  for (std::size_t s = 0; s < all.size() && others.empty() && !real; ++s) {
    if (input.samples[s].kind == SampleKind::kText) continue;  // numbers of tokens are names
    if (const double off = off_grid(input.samples[s], all, s); off > kOffGrid)
      out.push_back({"grid", {s}, off_grid_text(off, s), cure});
  }
}

void note_values(const FailureInput& input, TellList& out) {
  if (input.samples.size() < 2 || !is_floating(input.samples[0].dtype)) return;
  const std::vector<Values> all = all_values(input);
  const std::string meaning = "tables of other subjects lie in other ranges and on other steps";
  if (const RangesFound ranges = ranges_of(all); ranges.differ)
    out.push_back({"ranges", {ranges.widest}, ranges.text, "", false, meaning});
  if (std::any_of(all.begin(), all.end(), [](const Values& v) { return v.grid.empty(); })) return;
  for (std::size_t s = 0; s < all.size(); ++s)
    if (const double off = off_grid(input.samples[s], all, s); off > kOffGrid)
      out.push_back({"grid", {s}, off_grid_text(off, s), "", false, meaning});
}

}  // namespace amalgam
