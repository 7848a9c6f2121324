// What a recipe's losses are: one row each, and nothing else tells one from another.
#pragma once

#include <span>
#include <string_view>

#include "amalgam/recipe.h"

namespace amalgam {

// What a loss compares the model's output with.
enum class TargetKind {
  kClasses,  // one int64 class number for each of its rows of scores: [C] with [], [L, C] with [L]
  kValues,   // float32, as many as the output
  kOwnTokens,  // no target field: the first feature's tokens, each with the scores before it
};

struct LossRow {
  Loss loss;
  std::string_view name;      // in a recipe
  std::string_view function;  // of torch.nn.functional
  TargetKind targets;
  std::string_view metric;  // that is measured beside it: "accuracy"; empty: none
  // Scores of classes: takes label_smoothing.
  bool smooths() const { return targets != TargetKind::kValues; }
};

std::span<const LossRow> loss_table();
const LossRow& loss_row(Loss loss);

}  // namespace amalgam
