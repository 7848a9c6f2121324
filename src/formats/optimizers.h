// The table of optimizers: their names in a recipe, PyTorch's class, and the arguments they take.
#pragma once

#include <span>
#include <string_view>

namespace amalgam {

// kRates: two of them, as Adam's betas.
enum class ArgumentKind { kNumber, kFlag, kRates };

// Beyond this, products of two settings leave float32, where PyTorch refuses them in a step.
inline constexpr double kLargestSetting = 1e18;

struct OptimizerArgument {
  std::string_view name;
  ArgumentKind kind;
  // What numbers may be, both ends included. Rates lie from 0 to below 1.
  double least = 0;
  double most = kLargestSetting;
  double fallback = 0;  // PyTorch's default, but for lr and rates; of flags false
};

inline constexpr double kDefaultRates[] = {0.9, 0.999};

struct OptimizerRow {
  std::string_view name;         // in the recipe
  std::string_view torch_class;  // in torch.optim
  double default_lr;             // PyTorch's, where the recipe gives none
  std::span<const OptimizerArgument> arguments;
};

std::span<const OptimizerRow> optimizer_table();
const OptimizerRow* find_optimizer(std::string_view name);
const OptimizerArgument* find_argument(const OptimizerRow& row, std::string_view name);

}  // namespace amalgam
