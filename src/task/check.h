// Whether a model, a dataset and a recipe fit each other.
#pragma once

#include "amalgam/error.h"
#include "task/task.h"

namespace amalgam {

// Which field feeds which input, and in which shape. Adds findings, or fills `network`.
void match_inputs(const Dataset& data, TaskNetwork& network, Findings& findings);
// That targets fit the output and the loss; fills target_shape. Returns the number of classes, or
// 0.
std::uint64_t match_targets(const Dataset& data, TaskNetwork& network, Findings& findings);
// That numbers of tokens are below the rows of the embeddings that they index, and with next tokens
// as targets below the output's number of classes, naming the first row where they are not.
void check_tokens(const Dataset& data, const TaskNetwork& network, Findings& findings);
// The same of a text that generators imitate for the task.
void check_noise_text(const Dataset& text, const Task& task, Findings& findings);
// That class numbers are below `classes`, naming the first row that is not.
void check_labels(const Dataset& data, std::uint64_t classes, Findings& findings);
// That crop, flip, mean and std fit the first field.
void check_input_settings(const std::string& where, const TaskNetwork& network, Findings& findings);
// That validation data has the same fields as the training data.
void check_validation(const Dataset& data, const Dataset& validation, Findings& findings);

}  // namespace amalgam
