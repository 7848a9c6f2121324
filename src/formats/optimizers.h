// The table of optimizers: their names in a recipe, PyTorch's class, and the arguments they take.
#pragma once

#include <span>
#include <string_view>

#include "formats/arguments.h"

namespace amalgam {

// Parameters that it can train.
enum class Trains {
  kDense,     // all but those with sparse gradients
  kAll,       // those, too
  kMatrices,  // of two dimensions, and no others
  kSparse,    // with sparse gradients, and no others
};

struct OptimizerRow {
  std::string_view name;         // in the recipe
  std::string_view torch_class;  // in torch.optim
  double default_lr;             // PyTorch's, where the recipe gives none
  std::span<const RecipeArgument> arguments;
  Trains trains = Trains::kDense;
  unsigned states = 2;  // tensors of the parameter's size that it keeps for each
  // Arguments that are one more where they are set.
  std::span<const std::string_view> adding = {};  // NOLINT(readability-redundant-member-init)
};

std::span<const OptimizerRow> optimizer_table();
const OptimizerRow* find_optimizer(std::string_view name);

}  // namespace amalgam
