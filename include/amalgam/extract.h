// From the trained file back to the user's models: each wanted tensor, bit for bit as it stands in
// the sub-network that the key names.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "amalgam/progress.h"

namespace amalgam {

struct ExtractOptions {
  std::filesystem::path key;  // as obfuscate wrote it
  // A safetensors file from the cloud, or train.py's folder, whose trained.safetensors it then is.
  // Read as hostile: names, shapes, dtypes and sizes are checked before anything is allocated.
  std::filesystem::path trained;
  // A file for one task, else a folder of NAME.safetensors; a loss that has parameters of its own
  // gives NAME.loss.safetensors beside it. Refused where they exist.
  std::filesystem::path out;
  // Which of train.py's files a folder stands for, one of them at most: that of an epoch, counted
  // from 1; each sub-network's best epoch; or averaged weights.
  std::optional<std::uint64_t> epoch;
  bool best = false, ema = false;
  // This wanted task alone; none: all of them.
  std::optional<std::string> task;
  // The key's. REQUIRES: given where the key has one.
  std::optional<std::string> passphrase;
  Progress* progress = nullptr;  // null: silent
};

// What metrics.jsonl says of held-out rows after the file's epoch, or at last. The cloud wrote it.
struct HeldOutMetric {
  std::uint64_t epoch = 0;      // counted from 1
  std::optional<double> loss;   // none where it was not finite
  std::string name;             // of the task's own metric; empty: it has none
  std::optional<double> value;  // of that
};

// What was written of one task.
struct ExtractedTask {
  std::string name;            // as the recipe calls it
  std::filesystem::path path;  // of its file, a safetensors file
  std::filesystem::path loss;  // of that of its loss; empty: it has no parameters
  // Names in it, those of state_dict(): a tied tensor has several. And of them, those whose values
  // are not the job's own.
  std::size_t tensors;
  std::size_t changed;
  std::uint64_t bytes;  // of the file
  // None where no metrics.jsonl lies beside the trained file, or it says nothing of this one.
  std::optional<HeldOutMetric> held_out;
};

struct ExtractResult {
  std::vector<ExtractedTask> tasks;  // in the key's order
  // What is odd about the file, and may be right; a line each. The same whichever tasks are wanted.
  std::vector<std::string> notes;
};

// Checks every tensor of the file against the key (names, dtypes, shapes; that it is this key's
// job's; values that training can have made), then writes the wanted ones under the names of the
// user's state_dict(). Throws kTrained with all findings, which do not depend on the tasks that are
// wanted; nothing is written or overwritten then.
ExtractResult extract(const ExtractOptions& options);

}  // namespace amalgam
