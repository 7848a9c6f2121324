// What the key keeps of every tensor of the job, to know it again when it comes back.
#pragma once

#include <filesystem>
#include <vector>

#include "amalgam/key.h"
#include "weave/network.h"

namespace amalgam {

// In the order of job_weights(). `weights` is the job's file, as written; `networks` are the
// tasks', which Subnetwork::task indexes.
std::vector<KeyTensor> key_tensors(const std::vector<Subnetwork>& network,
                                   const std::vector<TaskNetwork>& networks,
                                   const std::filesystem::path& weights);

}  // namespace amalgam
