// The table of optimizers: their names in a recipe, PyTorch's class, and the arguments they take.
#pragma once

#include <span>
#include <string_view>

namespace amalgam {

enum class ArgumentKind { kNumber, kFlag, kPair };

struct OptimizerArgument {
  std::string_view name;
  ArgumentKind kind;
};

struct OptimizerRow {
  std::string_view name;         // in the recipe
  std::string_view torch_class;  // in torch.optim
  std::span<const OptimizerArgument> arguments;
};

std::span<const OptimizerRow> optimizer_table();
const OptimizerRow* find_optimizer(std::string_view name);
const OptimizerArgument* find_argument(const OptimizerRow& row, std::string_view name);

}  // namespace amalgam
