// How the fields of a dataset reach the model and the loss, through transforms where there are any.
#pragma once

#include "amalgam/dataset.h"
#include "amalgam/error.h"
#include "weave/task.h"

namespace amalgam {

// The data with its features in the order of the model's inputs, those that transforms alone take
// behind them; and in `network` both flows, and with a loss that is a program its inputs and the
// results of the model's programs. Adds findings where something is missing, taken by nobody, or of
// another shape; the data is then as it was.
//
// Names decide: of the inputs of a transform and a loss among the fields, of the model's inputs
// among features and what a transform makes. What a transform returns takes the place of the field
// of that name, or where outputs have no names of the fields that it took, in their order.
Dataset match_fields(const Dataset& data, TaskNetwork& network, Findings& findings);

}  // namespace amalgam
