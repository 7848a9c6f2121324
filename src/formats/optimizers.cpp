#include "formats/optimizers.h"

#include <array>

namespace amalgam {
namespace {

using enum ArgumentKind;
using Argument = OptimizerArgument;

// Source: torch.optim, 2.9 to 2.13, with the ranges of its constructors. `foreach`, `fused`,
// `capturable` and `differentiable` are left to PyTorch's defaults: they choose kernels, not what
// is learnt, and both the job and plain training must take the same ones.
constexpr Argument with_default(std::string_view name, double fallback,
                                double most = kLargestSetting) {
  return {name, kNumber, 0, most, fallback};
}
constexpr Argument kLr{"lr", kNumber},
    kEps = with_default("eps", 1e-8), kDecay{"weight_decay", kNumber}, kBetas{"betas", kRates},
    kMomentum{"momentum", kNumber}, kMaximize{"maximize", kFlag},
    kDecoupled{"decoupled_weight_decay", kFlag}, kAmsgrad{"amsgrad", kFlag};

constexpr std::array kSgd = {kLr,
                             kMomentum,
                             Argument{"dampening", kNumber, -kLargestSetting},
                             kDecay,
                             Argument{"nesterov", kFlag},
                             kMaximize};
constexpr std::array kAdam = {kLr, kBetas, kEps, kDecay, kAmsgrad, kDecoupled, kMaximize};
constexpr std::array kAdamw = {kLr,      kBetas,   kEps, with_default("weight_decay", 1e-2),
                               kAmsgrad, kMaximize};
constexpr std::array kRmsprop = {kLr,       with_default("alpha", 0.99), kEps,     kDecay,
                                 kMomentum, Argument{"centered", kFlag}, kMaximize};
constexpr std::array kAdagrad = {kLr,
                                 Argument{"lr_decay", kNumber},
                                 kDecay,
                                 Argument{"initial_accumulator_value", kNumber},
                                 with_default("eps", 1e-10),
                                 kMaximize};
constexpr std::array kNadam = {
    kLr, kBetas, kEps, kDecay, with_default("momentum_decay", 4e-3), kDecoupled, kMaximize};
constexpr std::array kRadam = {kLr, kBetas, kEps, kDecay, kDecoupled, kMaximize};
constexpr std::array kAdamax = {kLr, kBetas, kEps, kDecay, kMaximize};
constexpr std::array kAdadelta = {kLr, with_default("rho", 0.9, 1), with_default("eps", 1e-6),
                                  kDecay, kMaximize};

constexpr std::array kTable = {
    OptimizerRow{"sgd", "SGD", 1e-3, kSgd},
    OptimizerRow{"adam", "Adam", 1e-3, kAdam},
    OptimizerRow{"adamw", "AdamW", 1e-3, kAdamw},
    OptimizerRow{"rmsprop", "RMSprop", 1e-2, kRmsprop},
    OptimizerRow{"adagrad", "Adagrad", 1e-2, kAdagrad},
    OptimizerRow{"nadam", "NAdam", 2e-3, kNadam},
    OptimizerRow{"radam", "RAdam", 1e-3, kRadam},
    OptimizerRow{"adamax", "Adamax", 2e-3, kAdamax},
    OptimizerRow{"adadelta", "Adadelta", 1.0, kAdadelta},
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
