#include "audit/neighbours.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "audit/stream_habits.h"

namespace amalgam {
namespace {

// Above chance: that a stream is too easy, that the others are surely not, and that they are not
// stuck at chance, which check_chance() says.
constexpr double kEasy = 0.95, kNotEasy = 0.6, kLearns = 0.1;
// Of the rows whose neighbours agree: the part that contradicts them where labels are noisy, and
// where they are clean. In data whose classes lie apart it is the noise; so that it is known, this
// part of all rows must be clear.
constexpr double kNoisy = 0.04, kClean = 0.02, kClear = 0.25;
// That a difference is none.
constexpr double kFewestDeviations = 4;

std::vector<NeighbourVotes> votes_of(const FailureInput& input) {
  std::vector<NeighbourVotes> all;
  for (const StreamSample& sample : input.samples) all.push_back(neighbour_votes(sample));
  return all;
}

bool any_without(const std::vector<NeighbourVotes>& all) {
  return std::any_of(all.begin(), all.end(), [](const auto& votes) { return votes.rows == 0; });
}

// Streams in which few rows contradict clear neighbours, and those in which many do.
struct Contradicted {
  double share, deviation;
  explicit Contradicted(const NeighbourVotes& votes)
      : share(votes.contradicted / std::max(1.0, votes.clear)),
        deviation(std::sqrt((votes.contradicted + 1) / std::max(1.0, votes.clear) /
                            std::max(1.0, votes.clear))) {}
};

}  // namespace

void check_easy_neighbours(const FailureInput& input, TellList& out) {
  const auto all = votes_of(input);
  if (any_without(all)) return;
  std::vector<std::size_t> easy, others;
  for (std::size_t s = 0; s < all.size(); ++s) {
    const double advantage = all[s].advantage();
    if (advantage < kLearns || (advantage > kNotEasy && advantage < kEasy)) return;
    (advantage >= kEasy ? easy : others).push_back(s);
  }
  if (easy.empty() || others.empty()) return;
  out.push_back(
      {"neighbours", others,
       fmt::format("the nearest row of {} nearly always has the same class ({:.0f} %), of "
                   "{} not ({:.0f} %)",
                   streams_text(easy), 100 * all[easy[0]].agreement, streams_text(others),
                   100 * all[others[0]].agreement),
       "take decoys that are as hard to learn as the wanted task"});
}

void check_label_noise(const FailureInput& input, TellList& out) {
  const auto all = votes_of(input);
  std::vector<std::size_t> clean, noisy;
  for (std::size_t s = 0; s < all.size(); ++s) {
    if (all[s].rows == 0 || all[s].clear < kClear * all[s].rows) return;
    const Contradicted found(all[s]);
    if (found.share <= kClean) clean.push_back(s);
    if (found.share >= kNoisy) noisy.push_back(s);
  }
  if (clean.empty() || noisy.empty() || clean.size() + noisy.size() < all.size()) return;
  for (const std::size_t n : noisy)
    for (const std::size_t c : clean) {
      const Contradicted high(all[n]), low(all[c]);
      if (high.share - low.share < kFewestDeviations * std::hypot(high.deviation, low.deviation))
        return;
    }
  out.push_back({"label noise", clean,
                 fmt::format("{:.1f} % of the labels of {} contradict their rows' neighbours, all "
                             "of whom agree; of {} {:.1f} %",
                             100 * Contradicted(all[noisy[0]]).share, streams_text(noisy),
                             streams_text(clean), 100 * Contradicted(all[clean[0]]).share),
                 "take decoys whose labels are as clean as the wanted task's"});
}

}  // namespace amalgam
