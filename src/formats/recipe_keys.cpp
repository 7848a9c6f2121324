#include "formats/recipe_keys.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <optional>

#include "formats/nearest.h"
#include "formats/optimizers.h"
#include "formats/utf8.h"

namespace amalgam {
namespace {

struct Key {
  std::string_view table, key;
};

// Which table has which keys, for those that stand in another one. The readers say what each takes.
constexpr std::array kKeys = {
    Key{"train", "epochs"},
    Key{"train", "batch_size"},
    Key{"train", "precision"},
    Key{"train", "seed"},
    Key{"train", "loss"},
    Key{"train", "label_smoothing"},
    Key{"train", "output"},
    Key{"train", "optimizer"},
    Key{"train", "no_decay"},
    Key{"train", "clip_grad_norm"},
    Key{"train", "accumulate"},
    Key{"train", "schedule"},
    Key{"train.schedule", "kind"},
    Key{"train.schedule", "warmup_steps"},
    Key{"train.schedule", "gamma"},
    Key{"train.schedule", "step_size"},
    Key{"input", "size"},
    Key{"input", "random_crop"},
    Key{"input", "horizontal_flip"},
    Key{"input", "scale"},
    Key{"input", "mean"},
    Key{"input", "std"},
    Key{"text", "tokenizer"},
    Key{"text", "length"},
    Key{"text", "text_column"},
    Key{"text", "label_column"},
    Key{"text", "header"},
    Key{"task", "model"},
    Key{"task", "eval_model"},
    Key{"task", "data"},
    Key{"task", "validation"},
    Key{"", "train"},
    Key{"", "input"},
    Key{"", "text"},
    Key{"", "task"},
    Key{"", "decoy"},
};

// These are for all tasks alike.
constexpr std::array<std::string_view, 4> kOfTheJob = {"epochs", "batch_size", "precision", "seed"};

// Names of other programs, in lower case and without what is no letter or digit.
struct KeyAlias {
  std::string_view written, table, key;
};
constexpr std::array kKeyAliases = {
    KeyAlias{"learningrate", "train", "lr"},
    KeyAlias{"baselr", "train", "lr"},
    KeyAlias{"initiallr", "train", "lr"},
    KeyAlias{"steplearningrate", "train", "lr"},
    KeyAlias{"wd", "train", "weight_decay"},
    KeyAlias{"l2", "train", "weight_decay"},
    KeyAlias{"l2penalty", "train", "weight_decay"},
    KeyAlias{"weightdecayrate", "train", "weight_decay"},
    KeyAlias{"beta", "train", "betas"},
    KeyAlias{"beta1", "train", "betas"},
    KeyAlias{"beta2", "train", "betas"},
    KeyAlias{"adambeta1", "train", "betas"},
    KeyAlias{"adambeta2", "train", "betas"},
    KeyAlias{"adambetas", "train", "betas"},
    KeyAlias{"epsilon", "train", "eps"},
    KeyAlias{"adamepsilon", "train", "eps"},
    KeyAlias{"momentumfactor", "train", "momentum"},
    KeyAlias{"batch", "train", "batch_size"},
    KeyAlias{"batches", "train", "batch_size"},
    KeyAlias{"bs", "train", "batch_size"},
    KeyAlias{"minibatch", "train", "batch_size"},
    KeyAlias{"minibatchsize", "train", "batch_size"},
    KeyAlias{"trainbatchsize", "train", "batch_size"},
    KeyAlias{"perdevicetrainbatchsize", "train", "batch_size"},
    KeyAlias{"numepochs", "train", "epochs"},
    KeyAlias{"nepochs", "train", "epochs"},
    KeyAlias{"maxepochs", "train", "epochs"},
    KeyAlias{"trainepochs", "train", "epochs"},
    KeyAlias{"numtrainepochs", "train", "epochs"},
    KeyAlias{"iterations", "train", "epochs"},
    KeyAlias{"gradientaccumulationsteps", "train", "accumulate"},
    KeyAlias{"gradientaccumulation", "train", "accumulate"},
    KeyAlias{"gradaccumsteps", "train", "accumulate"},
    KeyAlias{"accumulationsteps", "train", "accumulate"},
    KeyAlias{"accumulategradbatches", "train", "accumulate"},
    KeyAlias{"clip", "train", "clip_grad_norm"},
    KeyAlias{"maxgradnorm", "train", "clip_grad_norm"},
    KeyAlias{"gradclip", "train", "clip_grad_norm"},
    KeyAlias{"gradclipping", "train", "clip_grad_norm"},
    KeyAlias{"clipgrad", "train", "clip_grad_norm"},
    KeyAlias{"clipnorm", "train", "clip_grad_norm"},
    KeyAlias{"clipgradient", "train", "clip_grad_norm"},
    KeyAlias{"gradientclipping", "train", "clip_grad_norm"},
    KeyAlias{"gradientclipval", "train", "clip_grad_norm"},
    KeyAlias{"gradientclipnorm", "train", "clip_grad_norm"},
    KeyAlias{"smoothing", "train", "label_smoothing"},
    KeyAlias{"labelsmoothingfactor", "train", "label_smoothing"},
    KeyAlias{"criterion", "train", "loss"},
    KeyAlias{"lossfunction", "train", "loss"},
    KeyAlias{"lossfn", "train", "loss"},
    KeyAlias{"objective", "train", "loss"},
    KeyAlias{"optim", "train", "optimizer"},
    KeyAlias{"optimiser", "train", "optimizer"},
    KeyAlias{"opt", "train", "optimizer"},
    KeyAlias{"randomseed", "train", "seed"},
    KeyAlias{"manualseed", "train", "seed"},
    KeyAlias{"randomstate", "train", "seed"},
    KeyAlias{"amp", "train", "precision"},
    KeyAlias{"bf16", "train", "precision"},
    KeyAlias{"fp16", "train", "precision"},
    KeyAlias{"dtype", "train", "precision"},
    KeyAlias{"mixedprecision", "train", "precision"},
    KeyAlias{"scheduler", "train", "schedule"},
    KeyAlias{"lrscheduler", "train", "schedule"},
    KeyAlias{"lrschedule", "train", "schedule"},
    KeyAlias{"lrschedulertype", "train.schedule", "kind"},
    KeyAlias{"warmup", "train.schedule", "warmup_steps"},
    KeyAlias{"numwarmupsteps", "train.schedule", "warmup_steps"},
    KeyAlias{"warmupiters", "train.schedule", "warmup_steps"},
    KeyAlias{"lrstepsize", "train.schedule", "step_size"},
    KeyAlias{"lrgamma", "train.schedule", "gamma"},
    KeyAlias{"resize", "input", "size"},
    KeyAlias{"imagesize", "input", "size"},
    KeyAlias{"imgsize", "input", "size"},
    KeyAlias{"crop", "input", "random_crop"},
    KeyAlias{"padding", "input", "random_crop"},
    KeyAlias{"flip", "input", "horizontal_flip"},
    KeyAlias{"randomhorizontalflip", "input", "horizontal_flip"},
    KeyAlias{"hflip", "input", "horizontal_flip"},
    KeyAlias{"rescale", "input", "scale"},
    KeyAlias{"divide", "input", "scale"},
    KeyAlias{"stddev", "input", "std"},
    KeyAlias{"maxlength", "text", "length"},
    KeyAlias{"maxlen", "text", "length"},
    KeyAlias{"maxseqlength", "text", "length"},
    KeyAlias{"sequencelength", "text", "length"},
    KeyAlias{"blocksize", "text", "length"},
    KeyAlias{"contextlength", "text", "length"},
    KeyAlias{"labels", "text", "label_column"},
    KeyAlias{"validationdata", "task", "validation"},
    KeyAlias{"valdata", "task", "validation"},
    KeyAlias{"dataset", "task", "data"},
    KeyAlias{"training", "", "train"},
    KeyAlias{"transform", "", "input"},
    KeyAlias{"transforms", "", "input"},
    KeyAlias{"inputs", "", "input"},
    KeyAlias{"guest", "", "decoy"},
};

struct ValueAlias {
  std::string_view key, written, meant;
};
constexpr std::array kValueAliases = {
    ValueAlias{"loss", "ce", "cross_entropy"},
    ValueAlias{"loss", "xent", "cross_entropy"},
    ValueAlias{"loss", "crossentropyloss", "cross_entropy"},
    ValueAlias{"loss", "softmax", "cross_entropy"},
    ValueAlias{"loss", "softmaxcrossentropy", "cross_entropy"},
    ValueAlias{"loss", "categoricalcrossentropy", "cross_entropy"},
    ValueAlias{"loss", "sparsecategoricalcrossentropy", "cross_entropy"},
    ValueAlias{"loss", "bce", "bce_with_logits"},
    ValueAlias{"loss", "bceloss", "bce_with_logits"},
    ValueAlias{"loss", "bcewithlogitsloss", "bce_with_logits"},
    ValueAlias{"loss", "binarycrossentropy", "bce_with_logits"},
    ValueAlias{"loss", "binarycrossentropywithlogits", "bce_with_logits"},
    ValueAlias{"loss", "mseloss", "mse"},
    ValueAlias{"loss", "l2", "mse"},
    ValueAlias{"loss", "l2loss", "mse"},
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
    ValueAlias{"precision", "fp16", "bf16"},
    ValueAlias{"precision", "float16", "bf16"},
    ValueAlias{"precision", "half", "bf16"},
    ValueAlias{"precision", "amp", "bf16"},
    ValueAlias{"precision", "mixed", "bf16"},
    ValueAlias{"precision", "bfloat16", "bf16"},
    ValueAlias{"precision", "bf16mixed", "bf16"},
    ValueAlias{"precision", "16mixed", "bf16"},
    ValueAlias{"precision", "float32", "fp32"},
    ValueAlias{"precision", "float", "fp32"},
    ValueAlias{"precision", "full", "fp32"},
    ValueAlias{"precision", "single", "fp32"},
    ValueAlias{"precision", "32", "fp32"},
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
    OtherValue{"optimizer", "asgd"},  OtherValue{"optimizer", "sgdw"},
    OtherValue{"optimizer", "sgdp"},  OtherValue{"optimizer", "adan"},
    OtherValue{"optimizer", "adamp"}, OtherValue{"optimizer", "adams"},
    OtherValue{"loss", "mae"},        OtherValue{"loss", "rmse"},
    OtherValue{"loss", "msle"},
};

// Keys that no table takes, with the reason.
struct Reason {
  std::string_view key, why;
};
constexpr std::string_view kKernels =
    "chooses kernels, not what is learnt, and is left to PyTorch, so that the job and plain "
    "training "
    "take the same ones; leave it out";
constexpr std::array kReasons = {
    Reason{"fused", kKernels},
    Reason{"foreach", kKernels},
    Reason{"capturable", kKernels},
    Reason{"differentiable", kKernels},
    Reason{"device", "is chosen where the job is trained: train.py --device; leave it out"},
    Reason{"shuffle",
           "is no choice: each epoch has an order of its own, drawn by 'seed'; leave it "
           "out"},
};

std::string letters_of(std::string_view name) {
  std::string out;
  for (char c : folded(name))
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) out += c;
  return out;
}

// "task[0].input" is a table of the kind "input", "task[0]" and "decoy[1]" are of the kind "task".
std::string_view kind_of(std::string_view table) {
  if (!table.starts_with("task[") && !table.starts_with("decoy[")) return table;
  const std::size_t dot = table.find("].");
  return dot == std::string_view::npos ? "task" : table.substr(dot + 2);
}

// How the table that `owner` belongs to is headed, seen from `table`: a task has tables of its own.
std::string heading(const Key& owner, std::string_view table) {
  if (owner.table.empty()) return "the file itself";
  if (owner.table == "task") return "[[task]] or [[decoy]]";
  const bool of_job = std::find(kOfTheJob.begin(), kOfTheJob.end(), owner.key) != kOfTheJob.end();
  const bool in_task = kind_of(table) != table && !of_job;
  if (!in_task) return fmt::format("[{}]", owner.table);
  return fmt::format("[{}.{}]", table.substr(0, table.find('[')), owner.table);
}

std::optional<Key> owner_of(const std::string& letters) {
  for (const Key& key : kKeys)
    if (letters_of(key.key) == letters) return key;
  for (const OptimizerRow& row : optimizer_table())
    for (const OptimizerArgument& argument : row.arguments)
      if (letters_of(argument.name) == letters) return Key{"train", argument.name};
  return std::nullopt;
}

std::string known_keys(const std::set<std::string>& known) {
  return fmt::format("; known here are {}", fmt::join(known, ", "));
}

// A slip of a known key, or of another program's name for one.
std::string nearest_of(std::string_view key, std::string_view kind,
                       const std::set<std::string>& known) {
  std::string near = nearest(key, known);
  if (!near.empty()) return near;
  std::set<std::string> written;
  for (const KeyAlias& alias : kKeyAliases)
    if (alias.table == kind && known.count(std::string(alias.key))) written.emplace(alias.written);
  const std::string other = nearest(letters_of(key.substr(0, 64)), written);
  for (const KeyAlias& alias : kKeyAliases)
    if (alias.table == kind && alias.written == other) return std::string(alias.key);
  return "";
}

}  // namespace

std::string about_unknown_key(std::string_view key, std::string_view table,
                              const std::set<std::string>& known) {
  const std::string letters = letters_of(key);
  const std::string_view kind = kind_of(table);
  for (const Reason& reason : kReasons)
    if (reason.key == letters) return std::string(reason.why);
  for (const std::string& name : known)
    if (letters_of(name) == letters) return "is an unknown key" + did_you_mean(name);
  if (const auto owner = owner_of(letters); owner && owner->table != kind) {
    if (owner->key == "schedule") return "belongs to [train], as [train.schedule]";
    return "belongs to " + heading(*owner, table);
  }
  std::optional<Key> elsewhere;
  for (const KeyAlias& alias : kKeyAliases) {
    if (alias.written != letters) continue;
    if (alias.table == kind && known.count(std::string(alias.key)))
      return "is an unknown key" + did_you_mean(alias.key);
    elsewhere = Key{alias.table, alias.key};
  }
  if (const std::string near = nearest_of(key, kind, known); !near.empty())
    return "is an unknown key" + did_you_mean(near);
  if (elsewhere && elsewhere->table != kind)
    return fmt::format("is an unknown key; did you mean '{}' of {}?", elsewhere->key,
                       heading(*elsewhere, table));
  return "is an unknown key" + known_keys(known);
}

std::string about_unknown_value(std::string_view value, std::string_view key,
                                const std::set<std::string>& known) {
  const std::string letters = letters_of(value.substr(0, 64));
  std::string meant;
  for (const ValueAlias& alias : kValueAliases)
    if (alias.key == key && alias.written == letters) meant = alias.meant;
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

std::string place_in_recipe(std::string_view name) {
  const std::string letters = letters_of(name);
  auto found = owner_of(letters);
  for (const KeyAlias& alias : kKeyAliases)
    if (!found && alias.written == letters) found = Key{alias.table, alias.key};
  const bool in_table = found && !found->table.empty() && found->table != "task";
  return in_table ? fmt::format("'{}' of [{}]", found->key, found->table) : "";
}

}  // namespace amalgam
