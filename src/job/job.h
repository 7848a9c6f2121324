// The job: the folder that goes to the cloud (docs/formats/job.md).
#pragma once

#include <filesystem>
#include <vector>

#include "amalgam/progress.h"
#include "amalgam/recipe.h"
#include "formats/safetensors.h"
#include "weave/weave.h"

namespace amalgam {

struct JobOptions {
  std::uint64_t shard_bytes = std::uint64_t{128} << 20;
  unsigned threads = 0;  // 0: all
};

// Writes all files of the job into an existing, empty folder; returns their bytes.
std::uint64_t write_job(const std::filesystem::path& folder, const Weave& weave,
                        const JobSettings& settings, const JobOptions& options, Progress* progress);
// The bytes that write_job() would write, without weaving a row.
std::uint64_t job_bytes(const Weave& weave, const JobSettings& settings, const JobOptions& options);

// The tensors of weights.safetensors, in the file's order.
std::vector<NamedTensor> job_weights(const std::vector<Subnetwork>& network);

}  // namespace amalgam
