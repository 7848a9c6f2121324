// The recipe: how to train, as recipe.toml says it. Paths in it are relative to the file.
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

// kNextToken: cross entropy of a sample's own next tokens; there are no other targets.
enum class Loss { kCrossEntropy, kMse, kBceWithLogits, kNextToken };
std::string_view loss_name(Loss loss);

// What the job decides for all sub-networks.
struct JobSettings {
  std::uint64_t epochs = 1;
  std::uint64_t batch_size = 64;   // rows, over all processes
  std::string precision = "fp32";  // or "bf16"
  std::uint64_t seed = 0;
};

struct Schedule {
  std::string kind = "constant";  // "cosine", "step", "linear"
  std::uint64_t warmup_steps = 0;
  std::uint64_t step_size = 1;  // "step": optimizer steps between cuts
  double gamma = 0.1;           // "step": the factor of a cut
};

struct TrainSettings {
  Loss loss = Loss::kCrossEntropy;
  double label_smoothing = 0;
  std::string optimizer = "sgd";
  std::map<std::string, Setting> arguments;  // the optimizer's, "lr" among them
  bool no_decay_bias = false;
  bool no_decay_norm = false;
  double clip_grad_norm = 0;  // 0: off
  std::uint64_t accumulate = 1;
  Schedule schedule;
  std::string output;  // name of the model's output; empty: its only tensor, or "logits"
};

// Applied inside each sub-network, after the gather; `size` at reading. Without it values are only
// cast.
struct InputSettings {
  std::optional<ImageSize> size;  // at reading: images are scaled and cut to it
  std::uint64_t random_crop = 0;  // pixels of padding; training only
  bool horizontal_flip = false;   // training only
  std::optional<double> scale;
  std::vector<double> mean;  // one number, or one for each channel
  std::vector<double> std;
  // "fit": the numbers are each stream's own, and stand here once the job's rows are known.
  bool fit_mean = false, fit_std = false;

  bool fits() const { return fit_mean || fit_std; }
  bool scales() const { return scale || fits() || !mean.empty() || !std.empty(); }
};

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

  bool has_data() const { return arrays || !data.empty(); }
};

struct Recipe {
  JobSettings job;
  TrainSettings train;  // what a task without a table of its own uses
  InputSettings input;
  TextSettings text;
  std::vector<TaskSettings> tasks;   // [[task]]
  std::vector<TaskSettings> decoys;  // [[decoy]]
};

// Throws kInvalid with one finding per unknown key (and the nearest known one), wrong type or value
// out of range.
Recipe read_recipe(const std::filesystem::path& path);

}  // namespace amalgam
