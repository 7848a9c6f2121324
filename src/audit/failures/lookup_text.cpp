#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "audit/attacks/tokens.h"
#include "audit/failure.h"

namespace amalgam {
namespace {

constexpr double kLeastShare = 0.01;
// Tokens of a run, in whatever pieces of words.
constexpr std::size_t kRun = 8;
// Of a longer run, which tokens are equal is enough, under any numbering; at least so many come
// again in it.
constexpr std::size_t kPattern = 20, kLeastAgain = 5;
// Of rows with such patterns; texts of one kind have up to a quarter in common.
constexpr double kLeastAlike = 0.6, kLeastRows = 10;

using Hashes = std::unordered_set<std::uint64_t>;

// A number for where in a run its tokens come again; 0 where too few do.
std::uint64_t pattern_of(const std::vector<std::uint64_t>& tokens, std::size_t first) {
  std::unordered_map<std::uint64_t, std::uint64_t> places;
  std::vector<std::uint64_t> pattern;
  for (std::size_t i = first; i < first + kPattern; ++i)
    pattern.push_back(places.emplace(tokens[i], places.size()).first->second);
  return kPattern - places.size() < kLeastAgain ? 0 : run_of(pattern, 0, kPattern);
}

void add_runs(const std::vector<std::uint64_t>& tokens, std::vector<std::uint64_t>& out) {
  for (std::size_t i = 0; i + kRun <= tokens.size(); ++i) out.push_back(run_of(tokens, i, kRun));
}

void add_patterns(const std::vector<std::uint64_t>& tokens, std::vector<std::uint64_t>& out) {
  for (std::size_t i = 0; i + kPattern <= tokens.size(); ++i)
    if (const std::uint64_t pattern = pattern_of(tokens, i)) out.push_back(pattern);
}

// By stream: of how many rows that have such runs is at least half of them known? Single runs are
// now and then alike by chance.
template <typename Add>
std::vector<double> shares(const FailureInput& input, const PublicTokens& data, Add add) {
  std::vector<std::uint64_t> all;
  for (const auto& text : data.texts) add(text, all);
  const Hashes known(all.begin(), all.end());
  std::vector<double> found;
  for (const StreamSample& sample : input.samples) {
    double known_rows = 0, rows = 0;
    for (std::uint64_t r = 0; sample.kind == SampleKind::kText && r < sample.rows; ++r) {
      std::vector<std::uint64_t> own;
      add(row_tokens(sample, r), own);
      const auto hits = std::count_if(own.begin(), own.end(),
                                      [&](std::uint64_t hash) { return known.count(hash) > 0; });
      rows += !own.empty();
      known_rows += !own.empty() && 2 * static_cast<std::size_t>(hits) >= own.size();
    }
    found.push_back(rows >= kLeastRows ? known_rows / rows : 0);
  }
  return found;
}

}  // namespace

void check_public_text(const FailureInput& input, const PublicTokens& data, FailureList& out) {
  const auto report = [&](const std::vector<double>& found, std::vector<std::size_t> streams,
                          const char* how) {
    const double most = *std::max_element(found.begin(), found.end());
    const std::string whose = streams.empty() ? "all sub-networks" : streams_text(streams);
    out.push_back({"public data", std::move(streams),
                   fmt::format("{:.1f} % of the rows of {} have most of their runs of tokens in "
                               "public text{} ({})",
                               100 * most, whose, how, data.where),
                   "use data that nobody else has"});
  };
  const std::vector<double> exact = shares(input, data, add_runs);
  if (*std::max_element(exact.begin(), exact.end()) >= kLeastShare)
    return report(exact, standing_out(exact, kLeastShare), "");
  const std::vector<double> patterns = shares(input, data, add_patterns);
  std::vector<std::size_t> streams;
  for (std::size_t s = 0; s < patterns.size(); ++s)
    if (patterns[s] >= kLeastAlike) streams.push_back(s);
  if (streams.empty()) return;
  if (streams.size() == patterns.size()) streams.clear();
  report(patterns, std::move(streams), ", whatever their numbers");
}

}  // namespace amalgam
