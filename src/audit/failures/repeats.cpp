#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "audit/stream_habits.h"

namespace amalgam {
namespace {

// From this share on check_repeats() says it, whoever is wanted.
constexpr double kMany = 0.01;
// That all of so many rows stand in one of two streams that have as many of them, at random.
constexpr double kChance = 1e-4;

// Rows that are another row again.
double repeats_of(std::vector<std::uint64_t> rows) {
  std::sort(rows.begin(), rows.end());
  return static_cast<double>(rows.end() - std::unique(rows.begin(), rows.end()));
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

void check_few_repeats(const FailureInput& input, TellList& out) {
  std::vector<double> repeats, shares;
  for (const StreamFacts& facts : input.facts) {
    repeats.push_back(repeats_of(facts.rows));
    shares.push_back(repeats.back() / static_cast<double>(facts.rows.size()));
  }
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
