// What a sub-network's output is compared with, and how: the methods target(batch) and loss(output,
// batch).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "graph/python_text.h"
#include "weave/task.h"

namespace amalgam {

// The buffer of a loss's tensor.
std::string loss_weights_name(std::string_view argument);

// target(batch) where targets are in the batch and the model does not take them itself.
void print_target(const JobTask& task, PyWriter& out);
void print_loss(const JobTask& task, PyWriter& out);

// "target", or "targets" where there are several, as forward() handed them on or as they stand in
// the batch.
void print_unpacking(const TaskNetwork& task, PyWriter& out);
// What a loss or a metric that is a program takes, of "output", "target" and their elements.
std::vector<PyExpr> program_arguments(const TaskNetwork& task, ProgramRole role);

}  // namespace amalgam
