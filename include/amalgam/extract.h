// From the trained file back to the user's models.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "amalgam/progress.h"

namespace amalgam {

struct ExtractOptions {
  std::filesystem::path key;
  std::filesystem::path trained;  // a safetensors file from the cloud, or train.py's folder, whose
                                  // trained.safetensors it then is; read as hostile
  std::filesystem::path out;      // a file for one task, else a folder of NAME.safetensors
  std::optional<std::string> task;
  std::optional<std::string> passphrase;
  Progress* progress = nullptr;
};

// What metrics.jsonl says of held-out rows after the file's epoch, or at last. The cloud wrote it.
struct HeldOutMetric {
  std::uint64_t epoch = 0;               // counted from 1
  std::optional<double> loss, accuracy;  // none where they were not finite, or there is none
};

struct ExtractedTask {
  std::string name;
  std::filesystem::path path;
  std::size_t tensors;  // names written
  std::size_t changed;  // of which training changed so many
  std::uint64_t bytes;
  std::optional<HeldOutMetric> held_out;
};

struct ExtractResult {
  std::vector<ExtractedTask> tasks;
  // What is odd about the file, and may be right; a line each. The same whichever tasks are wanted.
  std::vector<std::string> notes;
};

// Checks every tensor of the file against the key (names, dtypes, shapes; that it is this key's
// job's; values that training can have made), then writes the wanted ones under the names of the
// user's state_dict(). Throws kTrained with all findings, which do not depend on the tasks that are
// wanted; nothing is written or overwritten then.
ExtractResult extract(const ExtractOptions& options);

}  // namespace amalgam
