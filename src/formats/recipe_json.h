// A task's part of the recipe as JSON: what the job's trainer and the plain training both read.
#pragma once

#include <string>

#include "amalgam/recipe.h"
#include "base/json.h"

namespace amalgam {

// loss, loss_arguments, optimizer (PyTorch's class), arguments, clip_grad_norm, accumulate, ema,
// best, patience, schedule.
Json train_settings_json(const TrainSettings& train);

// All arguments of the optimizer for a group.
Json group_arguments_json(const TrainSettings& train, const ParameterGroup& group);

// random_crop, horizontal_flip, mean, std (numbers, or "fit"); scale where it is given.
Json input_settings_json(const InputSettings& input);

// All that a recipe sets, as one text: equal where the settings are.
std::string settings_text(const TrainSettings& train);
std::string settings_text(const InputSettings& input);

}  // namespace amalgam
