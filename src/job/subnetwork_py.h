// The class of one sub-network in model.py.
#pragma once

#include <string>

#include "weave/network.h"

namespace amalgam {

struct SubnetworkPy {
  std::string body;        // of the class, indented, without the line that names it
  bool uses_math = false;  // needs `import math`
};

// Its methods: prepared(batch) where there is a transform, forward(batch), the task's programs, and
// those of loss_py.h. forward() returns the model's output, as a list of several that the loss
// takes, and where a transform makes targets a pair of it and them.
SubnetworkPy subnetwork_py(const JobTask& task, const Subnetwork& sub);

}  // namespace amalgam
