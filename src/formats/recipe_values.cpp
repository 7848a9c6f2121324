#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "formats/losses.h"
#include "formats/nearest.h"
#include "formats/recipe_keys.h"
#include "formats/utf8.h"

namespace amalgam {
namespace {

struct ValueAlias {
  std::string_view key, written, meant;
};
constexpr std::array kValueAliases = {
    ValueAlias{"loss", "ce", "cross_entropy"},
    ValueAlias{"loss", "xent", "cross_entropy"},
    ValueAlias{"loss", "softmax", "cross_entropy"},
    ValueAlias{"loss", "softmaxcrossentropy", "cross_entropy"},
    ValueAlias{"loss", "categoricalcrossentropy", "cross_entropy"},
    ValueAlias{"loss", "sparsecategoricalcrossentropy", "cross_entropy"},
    ValueAlias{"loss", "bcelogits", "bce_with_logits"},
    ValueAlias{"loss", "sigmoidcrossentropy", "bce_with_logits"},
    ValueAlias{"loss", "l2", "mse"},
    ValueAlias{"loss", "l2loss", "mse"},
    ValueAlias{"loss", "mae", "l1"},
    ValueAlias{"loss", "meanabsoluteerror", "l1"},
    ValueAlias{"loss", "nll", "nll_loss"},
    ValueAlias{"loss", "kl", "kl_div"},
    ValueAlias{"loss", "kldivergence", "kl_div"},
    ValueAlias{"loss", "poisson", "poisson_nll"},
    ValueAlias{"loss", "meansquarederror", "mse"},
    ValueAlias{"loss", "lm", "next_token"},
    ValueAlias{"loss", "clm", "next_token"},
    ValueAlias{"loss", "causallm", "next_token"},
    ValueAlias{"loss", "languagemodel", "next_token"},
    ValueAlias{"loss", "languagemodeling", "next_token"},
    ValueAlias{"loss", "nexttokenprediction", "next_token"},
    ValueAlias{"optimizer", "adamwtorch", "adamw"},
    ValueAlias{"optimizer", "adamwtorchfused", "adamw"},
    ValueAlias{"optimizer", "adamwhf", "adamw"},
    ValueAlias{"optimizer", "sgdmomentum", "sgd"},
    ValueAlias{"optimizer", "momentum", "sgd"},
    ValueAlias{"optimizer", "nesterov", "sgd"},
    ValueAlias{"precision", "float16", "fp16"},
    ValueAlias{"precision", "half", "fp16"},
    ValueAlias{"precision", "amp", "bf16"},
    ValueAlias{"precision", "mixed", "bf16"},
    ValueAlias{"precision", "bfloat16", "bf16"},
    ValueAlias{"precision", "bf16mixed", "bf16"},
    ValueAlias{"precision", "16mixed", "fp16"},
    ValueAlias{"precision", "float32", "fp32"},
    ValueAlias{"precision", "float", "fp32"},
    ValueAlias{"precision", "full", "fp32"},
    ValueAlias{"precision", "single", "fp32"},
    ValueAlias{"precision", "32", "fp32"},
    ValueAlias{"metric", "acc", "accuracy"},
    ValueAlias{"metric", "top1", "accuracy"},
    ValueAlias{"metric", "top5", "top_5"},
    ValueAlias{"metric", "iou", "mean_iou"},
    ValueAlias{"metric", "miou", "mean_iou"},
    ValueAlias{"metric", "jaccard", "mean_iou"},
    ValueAlias{"metric", "macrof1", "f1"},
    ValueAlias{"metric", "f1score", "f1"},
    ValueAlias{"metric", "ppl", "perplexity"},
    ValueAlias{"kind", "none", "constant"},
    ValueAlias{"kind", "constantlr", "constant"},
    ValueAlias{"kind", "warmup", "constant"},
    ValueAlias{"kind", "constantwarmup", "constant"},
    ValueAlias{"kind", "constantwithwarmup", "constant"},
    ValueAlias{"kind", "constantschedulewithwarmup", "constant"},
    ValueAlias{"kind", "cosineannealing", "cosine"},
    ValueAlias{"kind", "cosineannealinglr", "cosine"},
    ValueAlias{"kind", "cosinedecay", "cosine"},
    ValueAlias{"kind", "cosinewarmup", "cosine"},
    ValueAlias{"kind", "warmupcosine", "cosine"},
    ValueAlias{"kind", "cosinewithwarmup", "cosine"},
    ValueAlias{"kind", "cosineschedulewithwarmup", "cosine"},
    ValueAlias{"kind", "onecyclelr", "one_cycle"},
    ValueAlias{"kind", "multisteplr", "multistep"},
    ValueAlias{"kind", "exponentiallr", "exponential"},
    ValueAlias{"kind", "polynomiallr", "polynomial"},
    ValueAlias{"kind", "polynomialdecay", "polynomial"},
    ValueAlias{"kind", "inversesquareroot", "inverse_sqrt"},
    ValueAlias{"kind", "invsqrt", "inverse_sqrt"},
    ValueAlias{"kind", "noam", "inverse_sqrt"},
    ValueAlias{"kind", "steplr", "step"},
    ValueAlias{"kind", "stepdecay", "step"},
    ValueAlias{"kind", "linearlr", "linear"},
    ValueAlias{"kind", "lineardecay", "linear"},
    ValueAlias{"kind", "linearwarmup", "linear"},
    ValueAlias{"kind", "warmuplinear", "linear"},
    ValueAlias{"kind", "linearwithwarmup", "linear"},
    ValueAlias{"kind", "linearschedulewithwarmup", "linear"},
};

// What is no slip of a known name, but a name of its own for something that does not exist here.
struct OtherValue {
  std::string_view key, written;
};
constexpr std::array kOtherValues = {
    OtherValue{"optimizer", "sgdw"},  OtherValue{"optimizer", "sgdp"},
    OtherValue{"optimizer", "adan"},  OtherValue{"optimizer", "adamp"},
    OtherValue{"optimizer", "adams"}, OtherValue{"loss", "rmse"},
    OtherValue{"loss", "msle"},
};

// PyTorch's own names of a loss: of its function, as the recipe has others, and of its class.
std::string loss_called(const std::string& letters) {
  for (const LossRow& row : loss_table()) {
    if (!has_target_field(row)) continue;
    const std::string function = letters_of(row.function);
    if (letters == function || letters == letters_of(row.name) + "loss" ||
        letters == function + "loss")
      return std::string(row.name);
  }
  return "";
}

}  // namespace

std::string about_unknown_value(std::string_view value, std::string_view key,
                                const std::set<std::string>& known) {
  const std::string letters = letters_of(value.substr(0, 64));
  std::string meant;
  for (const ValueAlias& alias : kValueAliases)
    if (alias.key == key && alias.written == letters) meant = alias.meant;
  if (key == "loss" && meant.empty()) meant = loss_called(letters);
  for (const std::string& name : known)
    if (letters_of(name) == letters) meant = name;
  const bool other = std::any_of(kOtherValues.begin(), kOtherValues.end(), [&](const auto& one) {
    return one.key == key && one.written == letters;
  });
  if (meant.empty() && !other) meant = nearest(value, known);
  const bool warms = key == "kind" && letters.find("warmup") != std::string::npos;
  return fmt::format("'{}' is unknown{}{} {}{}", clipped(value), did_you_mean(meant),
                     meant.empty() ? "; known are" : " Known are", fmt::join(known, ", "),
                     warms ? "; a warm-up before any of them is warmup_steps" : "");
}

}  // namespace amalgam
