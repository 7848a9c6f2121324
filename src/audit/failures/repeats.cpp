#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "audit/differences.h"
#include "audit/stream_habits.h"
#include "base/counted.h"

namespace amalgam {
namespace {

// From this share on they are a failure, whoever is wanted.
constexpr double kMany = 0.01;
// That all of so many rows stand in one of two streams that have as many of them, at random.
constexpr double kChance = 1e-4;

// Of one stream: its rows that are an earlier one again, and whether they look like those of a
// shorter stream that is filled up: each as often as any other or once more, its label with it.
struct RowsAgain {
  double again = 0, rows = 0;
  std::uint64_t different = 0;
  bool filled_up = false;

  double share() const { return again / rows; }
};

RowsAgain again_of(const StreamFacts& facts) {
  struct Times {
    std::uint64_t count = 0;
    std::int64_t label = 0;
  };
  std::unordered_map<std::uint64_t, Times> times;
  bool same_labels = true;
  for (std::size_t r = 0; r < facts.rows.size(); ++r) {
    Times& row = times[facts.rows[r]];
    const std::int64_t label = facts.labels.empty() ? 0 : facts.labels[r];
    if (row.count++ == 0) row.label = label;
    same_labels = same_labels && row.label == label;
  }
  std::uint64_t least = facts.rows.size(), most = 0;
  for (const auto& [row, found] : times)
    least = std::min(least, found.count), most = std::max(most, found.count);
  return {static_cast<double>(facts.rows.size() - times.size()),
          static_cast<double>(facts.rows.size()), times.size(), same_labels && most <= least + 1};
}

std::vector<RowsAgain> again_by_stream(const FailureInput& input) {
  std::vector<RowsAgain> all;
  for (const StreamFacts& facts : input.facts) all.push_back(again_of(facts));
  return all;
}

std::vector<double> shares_of(const std::vector<RowsAgain>& all) {
  std::vector<double> shares;
  for (const RowsAgain& one : all) shares.push_back(one.share());
  return shares;
}

// Whose rows come again, and whether that is because the stream is short.
std::string repeats_text(const std::vector<RowsAgain>& all,
                         const std::vector<std::size_t>& streams) {
  const bool shorter =
      std::all_of(streams.begin(), streams.end(), [&](std::size_t s) { return all[s].filled_up; });
  if (!shorter)
    return fmt::format(
        "{:.1f} % of the rows of {} come again, of the others hardly any: single "
        "rows do, so that they are in its data more than once",
        100 * all[streams[0]].share(), streams_text(streams));
  return fmt::format(
      "{:.1f} % of the rows of {} come again, of the others hardly any: shorter, so "
      "repeated, as where {} rows are filled up to {:.0f}",
      100 * all[streams[0]].share(), streams_text(streams), all[streams[0]].different,
      all[streams[0]].rows);
}

std::uint64_t fewest_different(const std::vector<RowsAgain>& all,
                               const std::vector<std::size_t>& streams) {
  std::uint64_t fewest = all[streams[0]].different;
  for (const std::size_t s : streams) fewest = std::min<std::uint64_t>(fewest, all[s].different);
  return fewest;
}

// That of `all` rows, each of either stream as probably, `some` or more are one stream's.
double chance_of(double some, double all) {
  double sum = 0;
  for (auto n = static_cast<std::uint64_t>(some); static_cast<double>(n) <= all; ++n) {
    const auto k = static_cast<double>(n);
    sum += std::exp(std::lgamma(all + 1) - std::lgamma(k + 1) - std::lgamma(all - k + 1) -
                    all * std::log(2.0));
  }
  return sum;
}

}  // namespace

void check_repeats(const FailureInput& input, FailureList& out) {
  const std::vector<RowsAgain> all = again_by_stream(input);
  const auto streams = standing_out(shares_of(all), kMany);
  if (streams.empty()) return;
  out.push_back(
      {"repeats", streams, repeats_text(all, streams),
       fmt::format("give every task as many rows as the longest has, or --rows {}, and take "
                   "repeats out of all data",
                   fewest_different(all, streams))});
}

void check_few_repeats(const FailureInput& input, TellList& out) {
  const std::vector<RowsAgain> all = again_by_stream(input);
  const auto with = standing_out(shares_of(all), 1e-12);
  const auto [fewest, most] =
      std::minmax_element(all.begin(), all.end(),
                          [](const RowsAgain& a, const RowsAgain& b) { return a.again < b.again; });
  if (with.empty() || most->share() >= kMany ||
      chance_of(most->again, most->again + fewest->again) > kChance)
    return;
  const std::vector<std::size_t> without = all_but(with, all.size());
  out.push_back({"repeats", without,
                 fmt::format("{} of {} again, of {} {:.0f}",
                             counted(static_cast<std::uint64_t>(most->again), "row"),
                             streams_text(with) + (most->again == 1 ? " comes" : " come"),
                             streams_text(without), fewest->again),
                 "sample decoys' rows without repeats, and take repeats out of their data"});
}

}  // namespace amalgam
