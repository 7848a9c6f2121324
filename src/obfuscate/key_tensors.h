// What the key keeps of every tensor of the job, to know it again when it comes back.
#pragma once

#include <filesystem>
#include <vector>

#include "key/key.h"
#include "weave/weave.h"

namespace amalgam {

// In the order of job_weights(). `weights` is the job's file, as written.
std::vector<KeyTensor> key_tensors(const Weave& weave, const std::filesystem::path& weights);

}  // namespace amalgam
