#include <cmath>
#include <limits>
#include <map>

#include "audit/attack.h"
#include "audit/attacks/features.h"

namespace amalgam {
namespace {

class Separability : public Attack {
 public:
  std::string_view name() const override { return "separability"; }
  std::string_view sees() const override {
    return "how far classes lie apart, and what nearest centroid and nearest neighbour make of "
           "held-out rows";
  }
  bool applies(SampleKind) const override { return true; }
  std::vector<std::string> statistics() const override {
    return {"nearest neighbour's advantage", "nearest centroid's advantage", "Fisher's ratio",
            "centroid's gap"};
  }
  int naive() const override { return 1; }

  std::vector<double> measure(const StreamSample& sample) const override {
    const ClassScores scores = class_scores(sample);
    const double chance = scores.chance, rest = std::max(1e-9, 1 - chance);
    return {(scores.neighbour - chance) / rest, (scores.centroid - chance) / rest,
            std::log1p(scores.fisher), scores.centroid_training - scores.centroid};
  }
};

}  // namespace

std::unique_ptr<Attack> make_separability() { return std::make_unique<Separability>(); }

}  // namespace amalgam
