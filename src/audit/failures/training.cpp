#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "audit/failure.h"

namespace amalgam {
namespace {

// Standard deviations above chance from which a sub-network surely learns, and below which it does
// not.
constexpr double kLearns = 6, kDoesNot = 2.5;

}  // namespace

void check_training(const std::vector<std::optional<TrainingFacts>>& facts, const char* by,
                    FailureList& out) {
  std::vector<std::size_t> stuck;
  bool learns = false;
  double highest = 0;
  for (std::size_t s = 0; s < facts.size(); ++s) {
    if (!facts[s] || !facts[s]->held_out.accuracy) return;  // not classes: nothing to compare
    const TrainingScore& score = facts[s]->held_out;
    const double chance = *score.chance;
    if (chance >= 1) return;
    const double above =
        (*score.accuracy - chance) / std::sqrt(chance * (1 - chance) / std::max(1.0, score.rows));
    learns = learns || above > kLearns;
    if (above < kDoesNot) stuck.push_back(s);
    highest = std::max(highest, *score.accuracy);
  }
  if (!learns || stuck.empty()) return;
  out.push_back(
      {"chance", stuck,
       fmt::format("{} {} to tell the classes of held-out rows, others up to {:.0f} % "
                   "({})",
                   streams_text(stuck), stuck.size() > 1 ? "do not learn" : "does not learn",
                   100 * highest, by),
       "give decoys labels that follow from their samples"});
}

}  // namespace amalgam
