#include "formats/recipe_keys.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <optional>

#include "formats/losses.h"
#include "formats/nearest.h"
#include "formats/optimizers.h"
#include "formats/schedules.h"
#include "formats/utf8.h"

namespace amalgam {

std::string letters_of(std::string_view name) {
  std::string out;
  for (char c : folded(name))
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) out += c;
  return out;
}

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
    Key{"train", "class_dimension"},
    Key{"train", "loss_arguments"},
    Key{"train", "output"},
    Key{"train", "optimizer"},
    Key{"train", "no_decay"},
    Key{"train", "clip_grad_norm"},
    Key{"train", "accumulate"},
    Key{"train", "ema"},
    Key{"train", "metric"},
    Key{"train", "better"},
    Key{"train", "stop"},
    Key{"train.stop", "patience"},
    Key{"train", "schedule"},
    Key{"train", "group"},
    Key{"train.group", "match"},
    Key{"train.group", "freeze"},
    Key{"train.schedule", "kind"},
    Key{"input", "size"},
    Key{"input", "transform"},
    Key{"input", "eval_transform"},
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
    Key{"data", "targets"},
    Key{"table", "numeric"},
    Key{"table", "categorical"},
    Key{"table", "ignore"},
    Key{"table", "encode"},
    Key{"table", "missing"},
    Key{"table", "standardize"},
    Key{"task", "model"},
    Key{"task", "eval_model"},
    Key{"task", "data"},
    Key{"task", "validation"},
    Key{"", "train"},
    Key{"", "input"},
    Key{"", "text"},
    Key{"", "table"},
    Key{"", "data"},
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
    KeyAlias{"earlystopping", "train", "stop"},
    KeyAlias{"earlystoppingpatience", "train.stop", "patience"},
    KeyAlias{"metricforbestmodel", "train", "metric"},
    KeyAlias{"greaterisbetter", "train", "better"},
    KeyAlias{"emadecay", "train", "ema"},
    KeyAlias{"modelema", "train", "ema"},
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
    KeyAlias{"transforms", "input", "transform"},
    KeyAlias{"augment", "input", "transform"},
    KeyAlias{"augmentation", "input", "transform"},
    KeyAlias{"traintransform", "input", "transform"},
    KeyAlias{"testtransform", "input", "eval_transform"},
    KeyAlias{"valtransform", "input", "eval_transform"},
    KeyAlias{"standardise", "table", "standardize"},
    KeyAlias{"encoding", "table", "encode"},
    KeyAlias{"onehot", "table", "encode"},
    KeyAlias{"drop", "table", "ignore"},
    KeyAlias{"dropcolumns", "table", "ignore"},
    KeyAlias{"impute", "table", "missing"},
    KeyAlias{"fillna", "table", "missing"},
    KeyAlias{"categoricalcolumns", "table", "categorical"},
    KeyAlias{"numericcolumns", "table", "numeric"},
    KeyAlias{"target", "data", "targets"},
    KeyAlias{"targetcolumns", "data", "targets"},
    KeyAlias{"inputs", "", "input"},
    KeyAlias{"guest", "", "decoy"},
};

// Keys that no table takes, with the reason.
struct Reason {
  std::string_view key, why;
};
constexpr std::string_view kKernels =
    "chooses kernels, not what is learnt, and is left to PyTorch, so that the job and plain "
    "training "
    "take the same ones; leave it out";
constexpr std::string_view kSampler =
    "draws rows by weights, and a job visits each row once an epoch, whoever looks on; weigh "
    "classes "
    "in the loss ([train.loss_arguments] weight), or repeat rows in the data; leave it out";
constexpr std::string_view kAlternation =
    "is for optimizers that take turns, as GANs have them, and a job's loop has one for all "
    "parameters of a task; give parameters settings of their own by [[train.group]], or train by a "
    "loss that adds both up; leave it out";
constexpr std::string_view kParts =
    "cuts a model that does not fit on one device, and each sub-network trains whole on one; take "
    "smaller batches with accumulate, precision = \"bf16\", or a smaller model; leave it out";
constexpr std::array kReasons = {
    Reason{"sampler", kSampler},
    Reason{"weightedsampler", kSampler},
    Reason{"weightedrandomsampler", kSampler},
    Reason{"sampleweights", kSampler},
    Reason{"optimizers", kAlternation},
    Reason{"optimizerg", kAlternation},
    Reason{"optimizerd", kAlternation},
    Reason{"discriminator", kAlternation},
    Reason{"fsdp", kParts},
    Reason{"tensorparallel", kParts},
    Reason{"pipelineparallel", kParts},
    Reason{"modelparallel", kParts},
    Reason{"devicemap", kParts},
    Reason{"fused", kKernels},
    Reason{"foreach", kKernels},
    Reason{"capturable", kKernels},
    Reason{"differentiable", kKernels},
    Reason{"device", "is chosen where the job is trained: train.py --device; leave it out"},
    Reason{"shuffle",
           "is no choice: each epoch has an order of its own, drawn by 'seed'; leave it "
           "out"},
};

constexpr std::string_view kGroup = "train.group";

// "task[0].input" is a table of the kind "input", "task[0]" and "decoy[1]" are of the kind "task",
// "train.group[0]" is of the kind "train.group".
std::string_view kind_of(std::string_view table) {
  if (table.starts_with("task[") || table.starts_with("decoy[")) {
    const std::size_t dot = table.find("].");
    if (dot == std::string_view::npos) return "task";
    table.remove_prefix(dot + 2);
  }
  return table.starts_with(kGroup) ? kGroup : table;
}

// Whether a table of this kind takes keys of `owner`: a group those of the optimizer.
bool takes_keys_of(std::string_view kind, std::string_view owner) {
  return kind == owner || (kind == kGroup && owner == "train");
}

// How the table that `owner` belongs to is headed, seen from `table`: a task has tables of its own.
std::string heading(const Key& owner, std::string_view table) {
  if (owner.table.empty()) return "the file itself";
  if (owner.table == "task") return "[[task]] or [[decoy]]";
  if (owner.table == kGroup) return "[[train.group]]";
  const bool of_job = std::find(kOfTheJob.begin(), kOfTheJob.end(), owner.key) != kOfTheJob.end();
  const bool in_task = (table.starts_with("task[") || table.starts_with("decoy[")) && !of_job;
  if (!in_task) return fmt::format("[{}]", owner.table);
  return fmt::format("[{}.{}]", table.substr(0, table.find('[')), owner.table);
}

std::optional<Key> owner_of(const std::string& letters) {
  for (const Key& key : kKeys)
    if (letters_of(key.key) == letters) return key;
  for (const OptimizerRow& row : optimizer_table())
    for (const RecipeArgument& argument : row.arguments)
      if (letters_of(argument.name) == letters) return Key{"train", argument.name};
  for (const ScheduleRow& row : schedule_table())
    for (const RecipeArgument& argument : row.arguments)
      if (letters_of(argument.name) == letters) return Key{"train.schedule", argument.name};
  for (const LossRow& row : loss_table())
    for (const RecipeArgument& argument : row.arguments)
      if (letters_of(argument.name) == letters) return Key{"train.loss_arguments", argument.name};
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
    if (takes_keys_of(kind, alias.table) && known.count(std::string(alias.key)))
      written.emplace(alias.written);
  const std::string other = nearest(letters_of(key.substr(0, 64)), written);
  for (const KeyAlias& alias : kKeyAliases)
    if (takes_keys_of(kind, alias.table) && alias.written == other) return std::string(alias.key);
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
    if (owner->key == "schedule" || owner->key == "loss_arguments" || owner->key == "stop")
      return fmt::format("belongs to [train], as [train.{}]", owner->key);
    const std::string near = nearest(key, known);
    if (kind == "train" && !near.empty())  // a loss's weight may be a slip of weight_decay
      return fmt::format("is an unknown key; did you mean '{}', or '{}' of {}?", near, owner->key,
                         heading(*owner, table));
    return "belongs to " + heading(*owner, table);
  }
  std::optional<Key> elsewhere;
  for (const KeyAlias& alias : kKeyAliases) {
    if (alias.written != letters) continue;
    if (takes_keys_of(kind, alias.table) && known.count(std::string(alias.key)))
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

std::string place_in_recipe(std::string_view name) {
  const std::string letters = letters_of(name);
  auto found = owner_of(letters);
  for (const KeyAlias& alias : kKeyAliases)
    if (!found && alias.written == letters) found = Key{alias.table, alias.key};
  const bool in_table = found && !found->table.empty() && found->table != "task";
  return in_table ? fmt::format("'{}' of [{}]", found->key, found->table) : "";
}

}  // namespace amalgam
