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
#include "amalgam/text.h"

namespace amalgam {

struct Dataset;

// An argument of an optimizer, as PyTorch takes it.
using Setting = std::variant<bool, double, std::vector<double>>;

// What training makes small: means, as torch.nn.functional computes them.
// kCrossEntropy: class numbers, int64; kMse and kBceWithLogits: float32 of the output's shape.
// kNextToken: cross entropy of a sample's own next tokens; there are no other targets.
enum class Loss { kCrossEntropy, kMse, kBceWithLogits, kNextToken };
// As the recipe spells it: "cross_entropy".
std::string_view loss_name(Loss loss);

// What the job decides for all sub-networks.
struct JobSettings {
  std::uint64_t epochs = 1;       // times that each row is trained on
  std::uint64_t batch_size = 64;  // rows, over all processes
  // "fp32", or "bf16": forward passes under torch.autocast.
  std::string precision = "fp32";
  // Of the order of rows and of each sub-network's random numbers in training. Not the plan's seed,
  // which is secret; this one stands in the job.
  std::uint64_t seed = 0;
};

// The factor of the learning rate, by optimizer step. "cosine" and "linear" end at 0.
struct Schedule {
  std::string kind = "constant";   // "cosine", "step", "linear"
  std::uint64_t warmup_steps = 0;  // in which the factor rises to 1
  std::uint64_t step_size = 1;     // "step": optimizer steps between cuts
  double gamma = 0.1;              // "step": the factor of a cut
};

// How one task trains.
struct TrainSettings {
  Loss loss = Loss::kCrossEntropy;
  double label_smoothing = 0;  // of kCrossEntropy and kNextToken, from 0 to 1
  // One of torch.optim's, in small letters, and its arguments by PyTorch's names, "lr" among them.
  // Those that are not given are PyTorch's own defaults.
  std::string optimizer = "sgd";
  std::map<std::string, Setting> arguments;
  // No weight decay for parameters whose last name begins with "bias", and for those of operations
  // called *_norm.
  bool no_decay_bias = false;
  bool no_decay_norm = false;
  double clip_grad_norm = 0;     // the largest norm of the sub-network's gradient; 0: any
  std::uint64_t accumulate = 1;  // batches whose gradients are one optimizer step
  Schedule schedule;
  std::string output;  // name of the model's output; empty: its only tensor, or "logits"
};

// Applied inside each sub-network, after the gather; `size` at reading. Without it values are only
// cast.
struct InputSettings {
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
  // In their place: datasets that the caller holds.
  std::shared_ptr<const Dataset> arrays, validation_arrays;
  TrainSettings train;
  InputSettings input;
  TextSettings text;

  // Whether there is data of its own; a guest without is a variant on generated data.
  bool has_data() const { return arrays || !data.empty(); }
};

struct Recipe {
  JobSettings job;
  // What a task without a table of its own uses.
  TrainSettings train;
  InputSettings input;
  TextSettings text;
  std::vector<TaskSettings> tasks;   // [[task]]
  std::vector<TaskSettings> decoys;  // [[decoy]]
};

// Reads recipe.toml (TOML 1.0). Models and data that it names are not opened yet. Throws kInvalid
// with one finding per unknown key (and the nearest known one), wrong type or value out of range;
// kIo where the file can't be read.
Recipe read_recipe(const std::filesystem::path& path);

}  // namespace amalgam
