#include "formats/losses.h"

#include <algorithm>
#include <array>

namespace amalgam {
namespace {

using enum ArgumentKind;
using enum TargetKind;

constexpr double kMost = kLargestSetting;
constexpr double kLargestClass = 0x1p31;

// Source: torch.nn.functional, 2.9 to 2.13. Losses of more than an output and its targets (ctc,
// cosine_embedding, gaussian_nll, triplet_margin) are no rows.
constexpr std::string_view kReductions[] = {"mean", "sum"},
                           kBatchReductions[] = {"mean", "sum", "batchmean"};
constexpr RecipeArgument kReduction{"reduction", kWord, 0, 0, 0, kReductions},
    kWeight{"weight", kWeights, 0, kMost}, kPosWeight{"pos_weight", kWeights, 0, kMost},
    kIgnoreIndex{"ignore_index", kWhole, -kLargestClass, kLargestClass, -100},
    kSmoothing{"label_smoothing", kNumber, 0, 1, 0}, kMargin{"margin", kNumber, -kMost, kMost, 1};
// Divided by, so above 0.
constexpr double kLeast = 1 / kMost;

constexpr std::array kCrossEntropy = {kWeight, kIgnoreIndex, kSmoothing, kReduction};
constexpr std::array kNll = {kWeight, kIgnoreIndex, kReduction};
constexpr std::array kMultiMargin = {RecipeArgument{"p", kWhole, 1, 2, 1}, kMargin, kWeight,
                                     kReduction};
constexpr std::array kBce = {kWeight, kReduction};
constexpr std::array kBceWithLogits = {kWeight, kPosWeight, kReduction};
constexpr std::array kPlain = {kReduction};
constexpr std::array kSmoothL1 = {RecipeArgument{"beta", kNumber, 0, kMost, 1}, kReduction};
constexpr std::array kHuber = {RecipeArgument{"delta", kNumber, kLeast, kMost, 1}, kReduction};
constexpr std::array kKlDiv = {RecipeArgument{"log_target", kFlag},
                               RecipeArgument{"reduction", kWord, 0, 0, 0, kBatchReductions}};
constexpr std::array kPoisson = {RecipeArgument{"log_input", kFlag, 0, 1, 1},
                                 RecipeArgument{"full", kFlag},
                                 RecipeArgument{"eps", kNumber, kLeast, kMost, 1e-8}, kReduction};
constexpr std::array kHinge = {kMargin, kReduction};
constexpr std::array kNextToken = {kSmoothing, kReduction};

constexpr std::array kLosses = {
    LossRow{.name = "cross_entropy",
            .function = "cross_entropy",
            .targets = kClasses,
            .arguments = kCrossEntropy,
            .probabilities = true,
            .metric = "accuracy"},
    LossRow{.name = "nll_loss",
            .function = "nll_loss",
            .targets = kClasses,
            .arguments = kNll,
            .metric = "accuracy"},
    LossRow{.name = "multi_margin",
            .function = "multi_margin_loss",
            .targets = kClasses,
            .arguments = kMultiMargin,
            .class_rows = true,
            .metric = "accuracy"},
    LossRow{.name = "multilabel_margin",
            .function = "multilabel_margin_loss",
            .targets = kClassLists,
            .arguments = kPlain},
    LossRow{.name = "multilabel_soft_margin",
            .function = "multilabel_soft_margin_loss",
            .targets = kValues,
            .arguments = kBce},
    LossRow{
        .name = "bce", .function = "binary_cross_entropy", .targets = kValues, .arguments = kBce},
    LossRow{.name = "bce_with_logits",
            .function = "binary_cross_entropy_with_logits",
            .targets = kValues,
            .arguments = kBceWithLogits},
    LossRow{.name = "mse",
            .function = "mse_loss",
            .targets = kValues,
            .arguments = kPlain,
            .real_values = true},
    LossRow{.name = "l1",
            .function = "l1_loss",
            .targets = kValues,
            .arguments = kPlain,
            .real_values = true},
    LossRow{.name = "smooth_l1",
            .function = "smooth_l1_loss",
            .targets = kValues,
            .arguments = kSmoothL1,
            .real_values = true},
    LossRow{.name = "huber",
            .function = "huber_loss",
            .targets = kValues,
            .arguments = kHuber,
            .real_values = true},
    LossRow{.name = "kl_div", .function = "kl_div", .targets = kValues, .arguments = kKlDiv},
    LossRow{.name = "poisson_nll",
            .function = "poisson_nll_loss",
            .targets = kValues,
            .arguments = kPoisson},
    LossRow{.name = "soft_margin",
            .function = "soft_margin_loss",
            .targets = kValues,
            .arguments = kPlain},
    LossRow{.name = "hinge_embedding",
            .function = "hinge_embedding_loss",
            .targets = kValues,
            .arguments = kHinge},
    LossRow{.name = "next_token",
            .function = "cross_entropy",
            .targets = kOwnTokens,
            .arguments = kNextToken},
    LossRow{.name = "model", .function = "", .targets = kModels, .arguments = {}},
    LossRow{.name = kProgramLoss, .function = "", .targets = kProgram, .arguments = {}},
};

}  // namespace

std::span<const LossRow> loss_table() { return kLosses; }

const LossRow* find_loss(std::string_view name) {
  const auto found = std::find_if(kLosses.begin(), kLosses.end(),
                                  [name](const LossRow& row) { return row.name == name; });
  return found == kLosses.end() ? nullptr : &*found;
}

const LossRow& loss_row(std::string_view name) { return *find_loss(name); }

bool has_target_field(const LossRow& row) {
  return row.targets != TargetKind::kOwnTokens && row.targets != TargetKind::kModels &&
         row.targets != TargetKind::kProgram;
}

std::optional<std::int64_t> ignored_class(const TrainSettings& train) {
  const RecipeArgument* argument = find_argument(loss_row(train.loss), kIgnoreIndex.name);
  if (!argument) return std::nullopt;
  const auto given = train.loss_arguments.find(std::string(kIgnoreIndex.name));
  return static_cast<std::int64_t>(
      given == train.loss_arguments.end() ? argument->fallback : std::get<double>(given->second));
}

}  // namespace amalgam
