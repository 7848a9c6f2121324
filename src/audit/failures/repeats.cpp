#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "audit/stream_habits.h"

namespace amalgam {
namespace {

// From this share on they are a failure, whoever is wanted.
constexpr double kMany = 0.01;
// That all of so many rows stand in one of two streams that have as many of them, at random.
constexpr double kChance = 1e-4;

// By sub-network, how many of its rows are another row again.
std::vector<double> repeats_of(const FailureInput& input) {
  std::vector<double> repeats;
  for (const StreamFacts& facts : input.facts) {
    std::vector<std::uint64_t> rows = facts.rows;
    std::sort(rows.begin(), rows.end());
    repeats.push_back(static_cast<double>(rows.end() - std::unique(rows.begin(), rows.end())));
  }
  return repeats;
}

std::vector<double> shares_of(const FailureInput& input, const std::vector<double>& repeats) {
  std::vector<double> shares;
  for (std::size_t s = 0; s < repeats.size(); ++s)
    shares.push_back(repeats[s] / static_cast<double>(input.facts[s].rows.size()));
  return shares;
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
  const std::vector<double> shares = shares_of(input, repeats_of(input));
  const auto streams = standing_out(shares, kMany);
  if (streams.empty()) return;
  out.push_back({"repeats", streams,
                 fmt::format("{:.1f} % of the rows of {} come again, of the others hardly any",
                             100 * shares[streams[0]], streams_text(streams)),
                 "give every task as many rows as the longest has, or --rows of the shortest"});
}

void check_few_repeats(const FailureInput& input, TellList& out) {
  const std::vector<double> repeats = repeats_of(input), shares = shares_of(input, repeats);
  const auto [fewest, most] = std::minmax_element(repeats.begin(), repeats.end());
  const auto with = standing_out(shares, 1e-12);
  if (with.empty() || *std::max_element(shares.begin(), shares.end()) >= kMany ||
      chance_of(*most, *most + *fewest) > kChance)
    return;
  std::vector<std::size_t> without;
  for (std::size_t s = 0; s < shares.size(); ++s)
    if (std::count(with.begin(), with.end(), s) == 0) without.push_back(s);
  out.push_back({"repeats", without,
                 fmt::format("{:.0f} rows of {} come again, of {} {:.0f}", *most,
                             streams_text(with), streams_text(without), *fewest),
                 "sample decoys' rows without repeats, and take repeats out of their data"});
}

}  // namespace amalgam
