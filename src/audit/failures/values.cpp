#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "audit/differences.h"

namespace amalgam {
namespace {

// More distinct values than this are no grid.
constexpr std::size_t kMostValues = 4096;
// Ends of ranges may differ by this part of the larger range; where values are on no grid, the
// ends are single rare values.
constexpr double kRange = 0.25, kRangeOffGrid = 0.5;
// This part of a stream's values may be off the others' grid: rare values of small samples.
constexpr double kOffGrid = 0.01;
constexpr const char* kQuantise = "quantise all data in the same way before obfuscate";

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

// What a difference says for which no rule was fixed.
constexpr const char* kOtherDtype =
    "data of other kinds is kept in other dtypes: it points at a decoy as well as at a wanted one";
constexpr const char* kOtherSubject =
    "tables of other subjects lie in other ranges and on other steps";
constexpr const char* kOtherVocabulary = "tokenizers have vocabularies of other sizes";

void check_dtypes(const FailureInput& input, TellList& out) {
  std::map<DType, std::vector<std::size_t>> by;
  for (std::size_t s = 0; s < input.samples.size(); ++s) by[input.samples[s].dtype].push_back(s);
  if (by.size() < 2) return;
  const auto fewest = std::min_element(by.begin(), by.end(), [](const auto& a, const auto& b) {
    return a.second.size() < b.second.size();
  });
  const auto& [dtype, streams] = *fewest;
  const std::size_t other = all_but(streams, input.samples.size()).front();
  const bool alone = by.size() == 2 && streams.size() == 1 && input.samples.size() > 2;
  out.push_back({"dtypes", streams,
                 fmt::format("{} reads {}, sub-network {} {}", streams_text(streams),
                             dtype_name(dtype), other, dtype_name(input.samples[other].dtype)),
                 "bring all data into one dtype before obfuscate", alone, kOtherDtype});
}

double width(const Values& values) { return values.most - values.least; }

// Where they differ: what they are, and who uses less of the range.
struct RangesFound {
  bool differ = false;
  std::string text;
  std::vector<std::size_t> narrow;
};

RangesFound ranges_of(const std::vector<Values>& all) {
  RangesFound found;
  double narrowest = width(all[0]);
  for (std::size_t s = 0; s < all.size(); ++s) {
    found.text += fmt::format("{}[{:g}, {:g}]", s == 0 ? "" : " and ", all[s].least, all[s].most);
    const double range = std::max(width(all[0]), width(all[s]));
    const double most =
        (all[0].grid.empty() && all[s].grid.empty() ? kRangeOffGrid : kRange) * range;
    found.differ = found.differ || std::abs(all[0].least - all[s].least) > most ||
                   std::abs(all[0].most - all[s].most) > most;
    narrowest = std::min(narrowest, width(all[s]));
  }
  for (std::size_t s = 0; s < all.size(); ++s)
    if (width(all[s]) <= (1 + kRange) * narrowest) found.narrow.push_back(s);
  if (found.narrow.size() == all.size()) found.narrow = {};
  found.text = "the sub-networks' values lie in " + found.text;
  return found;
}

void check_ranges(const FailureInput& input, const std::vector<Values>& all, TellList& out) {
  const RangesFound ranges = ranges_of(all);
  if (!ranges.differ) return;
  const bool text = input.samples[0].kind == SampleKind::kText;
  const bool ruled = !text && !is_floating(input.samples[0].dtype) && !ranges.narrow.empty();
  out.push_back({"ranges", ranges.narrow.empty() ? std::vector<std::size_t>{0} : ranges.narrow,
                 ranges.text, "scale all data to one range before obfuscate", ruled,
                 text ? kOtherVocabulary : kOtherSubject});
}

// Of streams that are all on grids: those with values that no other has.
void check_off_grid(const FailureInput& input, const std::vector<Values>& all, TellList& out) {
  std::vector<std::size_t> off;
  double most = 0;
  for (std::size_t s = 0; s < all.size(); ++s) {
    if (input.samples[s].kind == SampleKind::kText) continue;  // numbers of tokens are names
    const double share = off_grid(input.samples[s], all, s);
    if (share > kOffGrid) off.push_back(s);
    most = std::max(most, share);
  }
  if (off.empty()) return;
  const std::vector<std::size_t> on = all_but(off, all.size());
  const bool ruled = !on.empty() && !is_floating(input.samples[0].dtype);
  out.push_back({"grid", ruled ? on : off,
                 fmt::format("up to {:.1f} % of the values of {} occur in no other", 100 * most,
                             streams_text(off)),
                 kQuantise, ruled, kOtherSubject});
}

std::vector<Values> all_values(const FailureInput& input) {
  std::vector<Values> all;
  for (const StreamSample& sample : input.samples) all.push_back(values_of(sample));
  return all;
}

}  // namespace

void check_values(const FailureInput& input, TellList& out) {
  if (input.samples.size() < 2) return;
  check_dtypes(input, out);
  const std::vector<Values> all = all_values(input);
  check_ranges(input, all, out);
  std::vector<std::size_t> grids, others;
  for (std::size_t s = 0; s < all.size(); ++s) (all[s].grid.empty() ? others : grids).push_back(s);
  if (others.empty()) return check_off_grid(input, all, out);
  if (grids.empty()) return;
  out.push_back(
      {"grid", grids,
       fmt::format("of {} few distinct values occur, of the others any", streams_text(grids)),
       kQuantise});
}

}  // namespace amalgam
