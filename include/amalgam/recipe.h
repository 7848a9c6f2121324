// The recipe: how to train, as recipe.toml says it. Paths in it are relative to the file.
//
// Plain values with the defaults of a key that is not given. What a field may be is checked by
// read_recipe and again by obfuscate, which takes recipes that nobody read from a file.
// docs/recipe.md has every key.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "amalgam/image.h"
#include "amalgam/tabular.h"
#include "amalgam/text.h"

namespace amalgam {

struct Dataset;

// An argument of an optimizer or a loss, as PyTorch takes it. A list of a loss is a tensor.
using Setting = std::variant<bool, double, std::vector<double>, std::string>;
using Settings = std::map<std::string, Setting>;

// What the job decides for all sub-networks.
struct JobSettings {
  std::uint64_t epochs = 1;       // times that each row is trained on
  std::uint64_t batch_size = 64;  // rows, over all processes
  // "fp32"; or "bf16" or "fp16": forward passes under torch.autocast, with fp16 with a scaler of
  // each sub-network's own.
  std::string precision = "fp32";
  // Of the order of rows and of each sub-network's random numbers in training. Not the plan's seed,
  // which is secret; this one stands in the job.
  std::uint64_t seed = 0;
};

// How the learning rate goes, by optimizer step: a kind of formats/schedules.h, and its arguments,
// of which those that are not given are the defaults.
struct Schedule {
  std::string kind = "constant";
  Settings arguments;
};

// Parameters with settings of their own.
struct ParameterGroup {
  std::vector<std::string>
      match;            // names of state_dict(), with * and ? for any letters and any one
  bool freeze = false;  // they are not trained
  Settings arguments;   // of the optimizer, in the place of the task's
};

// How one task trains.
struct TrainSettings {
  // What training makes small: one of torch.nn.functional's losses, by the recipe's names of them;
  // "next_token", cross entropy of a sample's own next tokens; "model", which gives its loss
  // itself; or "program", which is that of a file. Its arguments by PyTorch's names; those that are
  // not given are PyTorch's own defaults.
  std::string loss = "cross_entropy";
  std::string loss_program;  // path of a .pt2: from outputs and target fields, by name, to a scalar
  Settings loss_arguments;
  // Which dimension of the output holds scores of classes, where two could: "first" behind the
  // batch, as PyTorch has it, or "last". Empty: the one that fits.
  std::string class_dimension;
  // One of torch.optim's, in small letters, and its arguments by PyTorch's names, "lr" among them.
  // Those that are not given are PyTorch's own defaults.
  std::string optimizer = "sgd";
  Settings arguments;
  // A parameter belongs to the first group that names it.
  std::vector<ParameterGroup> groups;
  // No weight decay for parameters whose last name begins with "bias", and for those of operations
  // called *_norm.
  bool no_decay_bias = false;
  bool no_decay_norm = false;
  double clip_grad_norm = 0;     // the largest norm of the sub-network's gradient; 0: any
  std::uint64_t accumulate = 1;  // batches whose gradients are one optimizer step
  double ema = 0;                // decay of averaged weights, by optimizer step; 0: there are none
  Schedule schedule;
  // By which a sub-network's epochs are compared, of held-out rows where there are any: one of
  // formats/metrics.h, or "metric", which is that of a file; and whether more is better.
  std::string metric = "loss";
  std::string metric_program;  // path of a .pt2: from outputs and target fields, by name
  bool higher_is_better = false;
  // Epochs without a better one after which it stops; 0: it never does.
  std::uint64_t patience = 0;
  std::string output;  // name of the model's output; empty: its only tensor, or "logits"
};

// Applied inside each sub-network, after the gather; `size` at reading. Without it values are only
// cast.
struct InputSettings {
  // Paths of .pt2 files, or empty: from stored fields to fields, features and targets, on batches,
  // before all that follows; in training, and in evaluation.
  std::string transform, eval_transform;
  std::optional<ImageSize> size;  // at reading: images are scaled and cut to it
  // In training only, anew for each sample, from the sub-network's own random numbers.
  std::uint64_t random_crop = 0;  // pixels of padding on each side, of zeros
  bool horizontal_flip = false;   // of every other sample, by chance
  // Values become (value / scale - mean) / std in float32, each where it is given.
  std::optional<double> scale;
  std::vector<double> mean;  // one number, or one for each channel
  std::vector<double> std;   // the same; above 0, as scale is
  // "fit": the numbers are each stream's own, and stand here once the job's rows are known.
  bool fit_mean = false, fit_std = false;

  // Whether numbers are still to be fitted, and whether values change at all.
  bool fits() const { return fit_mean || fit_std; }
  bool scales() const { return scale || fits() || !mean.empty() || !std.empty(); }
};

// One task: a model, its data, and what it has otherwise than the recipe.
struct TaskSettings {
  std::string name;        // of a wanted task: [A-Za-z0-9_-]+; empty for a guest
  std::string label;       // of a guest, for messages; empty: its files' names
  std::string model;       // path of a .pt2
  std::string eval_model;  // path, or empty
  std::string data;        // DATA
  std::string validation;  // DATA, or empty
  // Names of the fields that are targets, in their order; empty: "y".
  std::vector<std::string> targets;
  // Those of other tasks over the same data, which are no features (with_same_data()).
  std::vector<std::string> others_targets;
  bool first_tasks_data = false;  // it names targets alone: those are of the first task's data
  // In the place of paths: datasets that the caller holds.
  std::shared_ptr<const Dataset> arrays, validation_arrays;
  TrainSettings train;
  InputSettings input;
  TextSettings text;
  TabularSettings tabular;

  // Whether there is data of its own; a guest without is a variant on generated data.
  bool has_data() const { return arrays || !data.empty(); }
};

struct Recipe {
  JobSettings job;
  // What a task without a table of its own uses.
  TrainSettings train;
  InputSettings input;
  TextSettings text;
  TabularSettings tabular;
  std::vector<std::string> targets;
  std::vector<TaskSettings> tasks;   // [[task]]
  std::vector<TaskSettings> decoys;  // [[decoy]]
};

// Reads recipe.toml (TOML 1.0). Models and data that it names are not opened yet. Throws kInvalid
// with one finding per unknown key (and the nearest known one), wrong type or value out of range;
// kIo where the file can't be read.
Recipe read_recipe(const std::filesystem::path& path);

}  // namespace amalgam
