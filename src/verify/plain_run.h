// The plain side of a verification: what plain PyTorch needs, written to files, and its training.
#pragma once

#include <filesystem>

#include "amalgam/verify.h"
#include "plan/plan.h"
#include "task/task.h"

namespace amalgam {

// Writes x.npy, y.npy, rows.npy and recipe.json into `folder` and trains there, giving
// weights.safetensors.
void run_plain(const Task& task, const TaskSettings& settings, const Stream& stream,
               const VerifyOptions& options, const std::filesystem::path& script,
               const std::filesystem::path& folder);

// "rows.npy": [N] int64.
void write_rows(const std::filesystem::path& path, const std::vector<std::uint64_t>& rows);

}  // namespace amalgam
