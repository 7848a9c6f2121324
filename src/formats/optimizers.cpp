#include "formats/optimizers.h"

#include <array>

namespace amalgam {
namespace {

using enum ArgumentKind;

// Source: torch.optim, 2.9 to 2.13, with the ranges of its constructors. `foreach`, `fused`,
// `capturable` and `differentiable` are left to PyTorch's defaults: they choose kernels, not what
// is learnt, and both the job and plain training must take the same ones.
constexpr RecipeArgument with_default(std::string_view name, double fallback,
                                      double most = kLargestSetting) {
  return {name, kNumber, 0, most, fallback};
}
constexpr RecipeArgument kLr{"lr", kNumber},
    kEps = with_default("eps", 1e-8), kDecay{"weight_decay", kNumber},
    kBetas{"betas", kPair, 0, kBelowOne, 0, {}, false, {0.9, 0.999}},
    kMomentum{"momentum", kNumber}, kMaximize{"maximize", kFlag},
    kDecoupled{"decoupled_weight_decay", kFlag}, kAmsgrad{"amsgrad", kFlag};

constexpr std::array kSgd = {kLr,
                             kMomentum,
                             RecipeArgument{"dampening", kNumber, -kLargestSetting},
                             kDecay,
                             RecipeArgument{"nesterov", kFlag},
                             kMaximize};
constexpr std::array kAdam = {kLr, kBetas, kEps, kDecay, kAmsgrad, kDecoupled, kMaximize};
constexpr std::array kSparseAdam = {kLr, kBetas, kEps, kMaximize};
constexpr std::array kAdamw = {kLr,      kBetas,   kEps, with_default("weight_decay", 1e-2),
                               kAmsgrad, kMaximize};
constexpr std::array kRmsprop = {kLr,       with_default("alpha", 0.99),       kEps,     kDecay,
                                 kMomentum, RecipeArgument{"centered", kFlag}, kMaximize};
constexpr std::array kAdagrad = {kLr,
                                 RecipeArgument{"lr_decay", kNumber},
                                 kDecay,
                                 RecipeArgument{"initial_accumulator_value", kNumber},
                                 with_default("eps", 1e-10),
                                 kMaximize};
constexpr std::array kNadam = {
    kLr, kBetas, kEps, kDecay, with_default("momentum_decay", 4e-3), kDecoupled, kMaximize};
constexpr std::array kRadam = {kLr, kBetas, kEps, kDecay, kDecoupled, kMaximize};
constexpr std::array kAdamax = {kLr, kBetas, kEps, kDecay, kMaximize};
constexpr std::array kAdadelta = {kLr, with_default("rho", 0.9, 1), with_default("eps", 1e-6),
                                  kDecay, kMaximize};
constexpr std::array kAsgd = {kLr,
                              with_default("lambd", 1e-4),
                              with_default("alpha", 0.75, 1),
                              with_default("t0", 1e6),
                              kDecay,
                              kMaximize};
constexpr std::array kRprop = {
    kLr, RecipeArgument{"etas", kPair, 0, kLargestSetting, 0, {}, false, {0.5, 1.2}},
    RecipeArgument{"step_sizes", kPair, 0, kLargestSetting, 0, {}, false, {1e-6, 50}}, kMaximize};
constexpr std::array kAdafactor = {
    kLr, RecipeArgument{"beta2_decay", kNumber, -kLargestSetting, 0, -0.8},
    RecipeArgument{"d", kNumber, 1, kLargestSetting, 1}, kDecay, kMaximize};
constexpr std::string_view kAdjustments[] = {"original", "match_rms_adamw"};
constexpr std::array kMuon = {kLr,
                              with_default("weight_decay", 0.1),
                              with_default("momentum", 0.95),
                              RecipeArgument{"nesterov", kFlag, 0, 1, 1},
                              with_default("eps", 1e-7),
                              RecipeArgument{"ns_steps", kWhole, 1, 99, 5},
                              RecipeArgument{"adjust_lr_fn", kWord, 0, 0, 0, kAdjustments}};

constexpr std::string_view kOfMomentum[] = {"momentum"}, kOfAmsgrad[] = {"amsgrad"},
                           kOfRmsprop[] = {"momentum", "centered"};

constexpr std::array kTable = {
    OptimizerRow{"sgd", "SGD", 1e-3, kSgd, Trains::kAll, 0, kOfMomentum},
    OptimizerRow{"adam", "Adam", 1e-3, kAdam, Trains::kDense, 2, kOfAmsgrad},
    OptimizerRow{"adamw", "AdamW", 1e-3, kAdamw, Trains::kDense, 2, kOfAmsgrad},
    OptimizerRow{"rmsprop", "RMSprop", 1e-2, kRmsprop, Trains::kDense, 1, kOfRmsprop},
    OptimizerRow{"adagrad", "Adagrad", 1e-2, kAdagrad, Trains::kAll, 1},
    OptimizerRow{"nadam", "NAdam", 2e-3, kNadam},
    OptimizerRow{"radam", "RAdam", 1e-3, kRadam},
    OptimizerRow{"adamax", "Adamax", 2e-3, kAdamax},
    OptimizerRow{"adadelta", "Adadelta", 1.0, kAdadelta},
    OptimizerRow{"asgd", "ASGD", 1e-2, kAsgd, Trains::kDense, 1},
    OptimizerRow{"rprop", "Rprop", 1e-2, kRprop},
    OptimizerRow{"adafactor", "Adafactor", 1e-2, kAdafactor, Trains::kDense, 1},
    OptimizerRow{"muon", "Muon", 1e-3, kMuon, Trains::kMatrices, 1},
    OptimizerRow{"sparseadam", "SparseAdam", 1e-3, kSparseAdam, Trains::kSparse},
};

}  // namespace

std::span<const OptimizerRow> optimizer_table() { return kTable; }

const OptimizerRow* find_optimizer(std::string_view name) {
  for (const OptimizerRow& row : kTable)
    if (row.name == name) return &row;
  return nullptr;
}

}  // namespace amalgam
