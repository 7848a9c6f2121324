#include "formats/optimizers.h"

#include <array>

namespace amalgam {
namespace {

using enum ArgumentKind;
using Argument = OptimizerArgument;

// Source: torch.optim, 2.9 to 2.13. `foreach`, `fused` and `capturable` are left to PyTorch's
// defaults, because both the job and plain training must take the same variant.
constexpr std::array kSgd = {Argument{"lr", kNumber}, Argument{"momentum", kNumber},
                             Argument{"dampening", kNumber}, Argument{"weight_decay", kNumber},
                             Argument{"nesterov", kFlag}};
constexpr std::array kAdam = {Argument{"lr", kNumber}, Argument{"betas", kPair},
                              Argument{"eps", kNumber}, Argument{"weight_decay", kNumber},
                              Argument{"amsgrad", kFlag}};
constexpr std::array kRmsprop = {Argument{"lr", kNumber},       Argument{"alpha", kNumber},
                                 Argument{"eps", kNumber},      Argument{"weight_decay", kNumber},
                                 Argument{"momentum", kNumber}, Argument{"centered", kFlag}};
constexpr std::array kAdagrad = {
    Argument{"lr", kNumber}, Argument{"lr_decay", kNumber}, Argument{"weight_decay", kNumber},
    Argument{"initial_accumulator_value", kNumber}, Argument{"eps", kNumber}};
constexpr std::array kNadam = {Argument{"lr", kNumber},
                               Argument{"betas", kPair},
                               Argument{"eps", kNumber},
                               Argument{"weight_decay", kNumber},
                               Argument{"momentum_decay", kNumber},
                               Argument{"decoupled_weight_decay", kFlag}};
constexpr std::array kRadam = {Argument{"lr", kNumber}, Argument{"betas", kPair},
                               Argument{"eps", kNumber}, Argument{"weight_decay", kNumber},
                               Argument{"decoupled_weight_decay", kFlag}};
constexpr std::array kAdamax = {Argument{"lr", kNumber}, Argument{"betas", kPair},
                                Argument{"eps", kNumber}, Argument{"weight_decay", kNumber}};
constexpr std::array kAdadelta = {Argument{"lr", kNumber}, Argument{"rho", kNumber},
                                  Argument{"eps", kNumber}, Argument{"weight_decay", kNumber}};

constexpr std::array kTable = {
    OptimizerRow{"sgd", "SGD", kSgd},
    OptimizerRow{"adam", "Adam", kAdam},
    OptimizerRow{"adamw", "AdamW", kAdam},
    OptimizerRow{"rmsprop", "RMSprop", kRmsprop},
    OptimizerRow{"adagrad", "Adagrad", kAdagrad},
    OptimizerRow{"nadam", "NAdam", kNadam},
    OptimizerRow{"radam", "RAdam", kRadam},
    OptimizerRow{"adamax", "Adamax", kAdamax},
    OptimizerRow{"adadelta", "Adadelta", kAdadelta},
};

}  // namespace

std::span<const OptimizerRow> optimizer_table() { return kTable; }

const OptimizerRow* find_optimizer(std::string_view name) {
  for (const OptimizerRow& row : kTable)
    if (row.name == name) return &row;
  return nullptr;
}

const OptimizerArgument* find_argument(const OptimizerRow& row, std::string_view name) {
  for (const OptimizerArgument& argument : row.arguments)
    if (argument.name == name) return &argument;
  return nullptr;
}

}  // namespace amalgam
