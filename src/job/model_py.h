// model.py: the augmented model as readable, formatted PyTorch.
#pragma once

#include <string>
#include <vector>

#include "weave/network.h"

namespace amalgam {

// The text of the file. Sub-networks with equal code share a class.
std::string model_py(const Plan& plan, const std::vector<TaskShape>& shapes,
                     const std::vector<TaskNetwork>& tasks, const std::vector<Subnetwork>& network);

}  // namespace amalgam
