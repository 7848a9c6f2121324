// model.py: the augmented model as readable, formatted PyTorch.
#pragma once

#include <string>

#include "weave/weave.h"

namespace amalgam {

// The text of the file. Sub-networks with equal code share a class.
std::string model_py(const Weave& weave);

}  // namespace amalgam
