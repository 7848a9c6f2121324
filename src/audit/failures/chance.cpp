#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "audit/attacks/features.h"
#include "audit/failure.h"

namespace amalgam {
namespace {

// Standard deviations above chance from which a stream surely learns, and below which it does not.
constexpr double kLearns = 6, kDoesNot = 2.5;

}  // namespace

void check_chance(const FailureInput& input, FailureList& out) {
  std::vector<std::size_t> stuck;
  bool learns = false;
  double highest = 0;
  for (std::size_t s = 0; s < input.samples.size(); ++s) {
    const ClassScores scores = class_scores(input.samples[s]);
    if (scores.tested == 0 || scores.chance >= 1) return;  // not classes: nothing to compare
    const double best = std::max(scores.neighbour, scores.centroid);
    const double deviation =
        std::sqrt(scores.chance * (1 - scores.chance) / static_cast<double>(scores.tested));
    const double above = (best - scores.chance) / deviation;
    learns = learns || above > kLearns;
    if (above < kDoesNot) stuck.push_back(s);
    highest = std::max(highest, best);
  }
  if (!learns || stuck.empty()) return;
  out.push_back({"chance", stuck,
                 fmt::format("no class of {} is told from held-out rows by simple classifiers, "
                             "elsewhere up to {:.0f} %",
                             streams_text(stuck), 100 * highest),
                 "give decoys labels that follow from their samples"});
}

}  // namespace amalgam
