// Whether a model, a dataset and a recipe fit each other; of fields flow.h, of targets targets.h.
#pragma once

#include "amalgam/error.h"
#include "task/task.h"

namespace amalgam {

// That numbers of tokens are below the rows of the embeddings that they index, and with next tokens
// as targets below the output's number of classes, naming the first row where they are not.
void check_tokens(const Dataset& data, const TaskNetwork& network, Findings& findings);
// The same of a text that generators imitate for the task.
void check_noise_text(const Dataset& text, const Task& task, Findings& findings);
// That crop, flip, mean and std fit the model's first input, which they are applied to.
void check_input_settings(const Dataset& data, const TaskNetwork& network, Findings& findings);
// The validation data with its fields in the order of the training data's. Adds findings where it
// has not the same fields; it is then as it was.
Dataset match_validation(const Dataset& data, Dataset validation, Findings& findings);

}  // namespace amalgam
