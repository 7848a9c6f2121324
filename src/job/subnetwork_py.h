// The class of one sub-network in model.py.
#pragma once

#include <string>
#include <string_view>

#include "weave/network.h"

namespace amalgam {

struct SubnetworkPy {
  std::string body;        // of the class, indented, without the line that names it
  bool uses_math = false;  // needs `import math`
};

// What is measured beside the loss: "accuracy"; empty: nothing.
std::string_view metric_of(const TaskNetwork& task);

// Its methods: forward(batch), the model's programs, target(batch) where the loss is not the
// model's own, loss(output, batch), and where the loss has one metric(output, batch), a numerator
// and a denominator.
SubnetworkPy subnetwork_py(const JobTask& task, const Subnetwork& sub);

}  // namespace amalgam
