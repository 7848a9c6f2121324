#include "formats/losses.h"

#include <algorithm>
#include <array>

namespace amalgam {
namespace {

constexpr std::array kLosses = {
    LossRow{Loss::kCrossEntropy, "cross_entropy", "cross_entropy", TargetKind::kClasses,
            "accuracy"},
    LossRow{Loss::kMse, "mse", "mse_loss", TargetKind::kValues, ""},
    LossRow{Loss::kBceWithLogits, "bce_with_logits", "binary_cross_entropy_with_logits",
            TargetKind::kValues, ""},
    LossRow{Loss::kNextToken, "next_token", "cross_entropy", TargetKind::kOwnTokens, ""},
};

}  // namespace

std::span<const LossRow> loss_table() { return kLosses; }

const LossRow& loss_row(Loss loss) {
  return *std::find_if(kLosses.begin(), kLosses.end(),
                       [loss](const LossRow& row) { return row.loss == loss; });
}

std::string_view loss_name(Loss loss) { return loss_row(loss).name; }

}  // namespace amalgam
