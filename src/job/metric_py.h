// What is measured of a sub-network beside its loss: the method metric(output, batch).
#pragma once

#include <string>

#include "graph/python_text.h"
#include "weave/task.h"

namespace amalgam {

// Numerators and denominators, which are summed over batches, or None where a batch of training has
// none; nothing is written where there is no metric.
void print_metric(const JobTask& task, PyWriter& out);

// The recipe's, or the one that its loss has by itself; empty: the loss alone.
std::string metric_of(const TaskNetwork& task);

}  // namespace amalgam
