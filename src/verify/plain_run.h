// The plain side of a verification: what plain PyTorch needs, written to files, and its training.
#pragma once

#include <filesystem>

#include "amalgam/verify.h"
#include "formats/safetensors.h"
#include "plan/plan.h"
#include "task/task.h"

namespace amalgam {

// One plain training of one task, in a folder of its own.
struct PlainRun {
  const Task& task;
  const TaskSettings& settings;
  const Stream& stream;
  const std::vector<NamedTensor>&
      start;  // the values that training begins with, by the user's names
  // Under the stream's numbers of tokens; what comes out is under the user's again.
  bool numbered = false;
};

// Writes x0.npy, y.npy, rows.npy, start.safetensors and recipe.json into `folder` and trains there,
// giving weights.safetensors. `script` is examples/plain_training.py.
void run_plain(const PlainRun& run, const VerifyOptions& options,
               const std::filesystem::path& script, const std::filesystem::path& folder);

// [N] int64.
void write_rows(const std::filesystem::path& path, const std::vector<std::uint64_t>& rows);

}  // namespace amalgam
