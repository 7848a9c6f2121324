// The table of losses: their names in a recipe, PyTorch's function, what they compare with, and the
// arguments that they take. One row each, and nothing else tells one from another.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "amalgam/recipe.h"
#include "formats/arguments.h"

namespace amalgam {

// What a loss compares the model's output with.
enum class TargetKind {
  kClasses,     // one class number for each row of scores: [C] with [], [C, ...] or [..., C] with
                // [...]
  kClassLists,  // int64, as many as the output: class numbers, then -1
  kValues,      // float32, as many as the output
  kOwnTokens,   // no target field: the first feature's tokens, each with the scores before it
  kModels,      // no target field: the model takes what it compares with, and gives the loss
  kProgram,     // any target fields, each under the name of one of the program's inputs
};

inline constexpr std::string_view kNoMetric{};

struct LossRow {
  std::string_view name;      // in a recipe
  std::string_view function;  // of torch.nn.functional
  TargetKind targets;
  std::span<const RecipeArgument> arguments;
  bool class_rows = false;  // takes one row of scores a sample, and no more
  bool probabilities =
      false;  // takes a probability for each class, too: float32 of the output's shape
  bool real_values = false;             // compares real numbers of any sign and size
  std::string_view metric = kNoMetric;  // that is measured beside it: "accuracy"; empty: none
};

std::span<const LossRow> loss_table();
// Null where there is none of that name.
const LossRow* find_loss(std::string_view name);
// REQUIRES: there is one.
const LossRow& loss_row(std::string_view name);

// The row of losses that are programs, and how a recipe names one.
inline constexpr std::string_view kProgramLoss = "program", kProgramFile = "FILE.pt2";

// Whether a target is a field of its own, and there has to be one.
bool has_target_field(const LossRow& row);

// The class number whose rows do not count: the recipe's, or PyTorch's -100; nothing where the loss
// has no such argument.
std::optional<std::int64_t> ignored_class(const TrainSettings& train);

}  // namespace amalgam
