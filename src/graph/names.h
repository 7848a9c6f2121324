// New names for a model's tensors, from the operations that use them: "conv0_weight". Nothing of
// the user's names goes into them, so two models with equal graphs have equal names.
#pragma once

#include <string>
#include <vector>

#include "amalgam/graph.h"

namespace amalgam {

// One name per tensor of the model, unique, Python identifiers.
std::vector<std::string> neutral_names(const Model& model);

// Which tensors are the weight or bias of a normalisation (kNorm in the table).
std::vector<bool> norm_parameters(const Model& model);

}  // namespace amalgam
