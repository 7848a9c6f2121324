// How a sub-network reads fields of a batch, and what a transform makes of them.
#pragma once

#include <string>
#include <utility>

#include "graph/python_text.h"
#include "weave/task.h"

namespace amalgam {

// The buffer of a target's columns: "columns", or "columns1" from the second one on.
std::string columns_name(std::size_t target);
// ".view(-1, 3, 32, 32)"
std::string viewed(const Shape& sample);
// The columns of a field, one sample a row.
std::string selected(const JobTask& task, std::size_t field);

// Whether a transform stands before the model, in training or in evaluation.
bool has_transform(const TaskNetwork& network);
// Two expressions: target `t` of a flow, and behind it what brings it into its shape and the dtype
// that the loss takes; the latter may be empty. `made` is what the transform returned.
std::pair<std::string, std::string> target_of(const JobTask& task, const Flow& flow, std::size_t t,
                                              const std::string& made = "");
// "name = expression", and where there is more "name = name" and that.
void print_in_steps(const std::string& name, const std::string& expression, const std::string& more,
                    PyWriter& out);
// prepared(batch): the model's inputs, and where a transform makes targets these, too.
// REQUIRES: there is a transform.
void print_prepared(const JobTask& task, PyWriter& out);

}  // namespace amalgam
