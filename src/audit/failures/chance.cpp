#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "audit/attacks/features.h"
#include "audit/differences.h"

namespace amalgam {
namespace {

// Standard deviations above chance from which a stream surely learns, and below which it does not.
constexpr double kLearns = 6, kDoesNot = 2.5;

struct HeldOut {
  double accuracy, chance, rows;
};

struct Stuck {
  std::vector<std::size_t> streams;  // empty unless another one learns
  std::vector<std::size_t> others;
  double highest = 0;  // accuracy of any
};

Stuck stuck_beside_others(const std::vector<HeldOut>& all) {
  Stuck stuck;
  bool learns = false;
  for (std::size_t s = 0; s < all.size(); ++s) {
    const auto& [accuracy, chance, rows] = all[s];
    if (rows == 0 || chance >= 1) return {};  // not classes: nothing to compare
    const double above = (accuracy - chance) / std::sqrt(chance * (1 - chance) / rows);
    learns = learns || above > kLearns;
    if (above < kDoesNot) stuck.streams.push_back(s);
    stuck.highest = std::max(stuck.highest, accuracy);
  }
  stuck.others = all_but(stuck.streams, all.size());
  return learns ? stuck : Stuck{};
}

constexpr const char* kCure =
    "give decoys labels that follow from their samples; where the labels are real and only hard to "
    "tell, take data whose classes are told about as well as those of your own";

void report(const Stuck& stuck, std::string what, TellList& out) {
  out.push_back({"chance", stuck.others, std::move(what), kCure});
}

}  // namespace

void check_chance(const FailureInput& input, TellList& out) {
  std::vector<HeldOut> all;
  for (const StreamSample& sample : input.samples) {
    const ClassScores scores = class_scores(sample);
    all.push_back({std::max(scores.neighbour, scores.centroid), scores.chance,
                   static_cast<double>(scores.tested)});
  }
  const Stuck stuck = stuck_beside_others(all);
  if (stuck.streams.empty()) return;
  report(stuck,
         fmt::format("no class of {} is told from held-out rows by simple classifiers, elsewhere "
                     "up to {:.0f} %",
                     streams_text(stuck.streams), 100 * stuck.highest),
         out);
}

void check_training(const std::vector<std::optional<TrainingFacts>>& facts, const char* by,
                    TellList& out) {
  std::vector<HeldOut> all;
  for (const auto& one : facts) {
    if (!one || !one->held_out.accuracy) return;
    all.push_back({*one->held_out.accuracy, *one->held_out.chance, one->held_out.rows});
  }
  const Stuck stuck = stuck_beside_others(all);
  if (stuck.streams.empty()) return;
  report(stuck,
         fmt::format("{} {} to tell the classes of held-out rows, others up to {:.0f} % ({})",
                     streams_text(stuck.streams),
                     stuck.streams.size() > 1 ? "do not learn" : "does not learn",
                     100 * stuck.highest, by),
         out);
}

}  // namespace amalgam
