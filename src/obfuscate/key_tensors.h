// What the key keeps of every tensor of the job, to know it again when it comes back.
#pragma once

#include <vector>

#include "key/key.h"
#include "weave/weave.h"

namespace amalgam {

// In the order of job_weights(). `weights` are these, in any order: as the job's file has them, or
// where there is none themselves, whose values may be computed a second time then.
std::vector<KeyTensor> key_tensors(const Weave& weave, const std::vector<NamedTensor>& weights);

}  // namespace amalgam
