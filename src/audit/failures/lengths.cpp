#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "audit/stream_habits.h"

namespace amalgam {
namespace {

constexpr std::uint64_t kLeastRows = 64;
// Of texts that are filled up, so many end in at least two of the token that does it; of others the
// commonest last token stands before itself by accident.
constexpr double kFilledUp = 0.3, kByAccident = 0.1;
// Lengths that there are where they vary.
constexpr std::size_t kLeastLengths = 4;

enum class Lengths { kFixed, kVaried, kUnclear };

float commonest_last(const StreamSample& sample) {
  std::map<float, std::uint64_t> counts;
  for (std::uint64_t r = 0; r < sample.rows; ++r) ++counts[sample.row(r).back()];
  return std::max_element(counts.begin(), counts.end(),
                          [](const auto& a, const auto& b) { return a.second < b.second; })
      ->first;
}

Lengths lengths(const StreamSample& sample) {
  const float filler = commonest_last(sample);
  std::set<std::uint64_t> found;
  double filled_up = 0;
  for (std::uint64_t r = 0; r < sample.rows; ++r) {
    const auto row = sample.row(r);
    std::uint64_t length = row.size();
    while (length > 0 && row[length - 1] == filler) --length;
    filled_up += length + 2 <= row.size();
    found.insert(length);
  }
  filled_up /= static_cast<double>(sample.rows);
  if (filled_up <= kByAccident || found.size() == 1) return Lengths::kFixed;
  return filled_up >= kFilledUp && found.size() >= kLeastLengths ? Lengths::kVaried
                                                                 : Lengths::kUnclear;
}

}  // namespace

void check_lengths(const FailureInput& input, TellList& out) {
  std::vector<std::size_t> fixed, varied;
  for (std::size_t s = 0; s < input.samples.size(); ++s) {
    const StreamSample& sample = input.samples[s];
    if (sample.kind != SampleKind::kText || sample.rows < kLeastRows) return;
    const Lengths found = lengths(sample);
    if (found == Lengths::kUnclear) return;
    (found == Lengths::kFixed ? fixed : varied).push_back(s);
  }
  if (fixed.empty() || varied.empty()) return;
  out.push_back({"padding", varied,
                 fmt::format("the texts of {} are all of one length, those of {} are not",
                             streams_text(fixed), streams_text(varied)),
                 "cut the texts of all tasks in the same way"});
}

}  // namespace amalgam
