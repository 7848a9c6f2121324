// What to do where data has no targets and the loss needs some.
#pragma once

#include <string>

#include "amalgam/dataset.h"
#include "amalgam/graph.h"

namespace amalgam {

// A sentence about the data: that the model takes its targets itself, that fields beside its inputs
// may be meant, or how arrays are named.
std::string no_targets_cure(const Dataset& data, const Model& model);

}  // namespace amalgam
