// The job: the folder that goes to the cloud (docs/formats/job.md).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "amalgam/progress.h"
#include "amalgam/recipe.h"
#include "weave/network.h"
#include "weave/samples.h"

namespace amalgam {

inline constexpr int kJobFormat = 1;

struct JobOptions {
  std::uint64_t shard_bytes = std::uint64_t{128} << 20;
  unsigned threads = 0;  // 0: all
};

// Everything that a job is made of.
struct JobParts {
  const Plan* plan;
  const std::vector<TaskShape>* shapes;
  const std::vector<TaskNetwork>* networks;
  const std::vector<Subnetwork>* network;
  const SampleWeaver* weaver;
  JobSettings settings;
};

// Writes all files of the job into an existing, empty folder.
void write_job(const std::filesystem::path& folder, const JobParts& parts,
               const JobOptions& options, Progress* progress);

// The tensors of weights.safetensors, in the file's order.
std::vector<NamedTensor> job_weights(const std::vector<Subnetwork>& network);

}  // namespace amalgam
