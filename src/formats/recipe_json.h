// A task's part of the recipe as JSON: what the job's trainer and the plain training both read.
#pragma once

#include <string>

#include "amalgam/recipe.h"
#include "base/json.h"

namespace amalgam {

// loss, label_smoothing, optimizer (PyTorch's class), arguments, clip_grad_norm, accumulate,
// schedule.
Json train_settings_json(const TrainSettings& train);

// random_crop, horizontal_flip, mean, std (numbers, or "fit"); scale where it is given.
Json input_settings_json(const InputSettings& input);

// All that a recipe sets, as one text: equal where the settings are.
std::string settings_text(const TrainSettings& train);
std::string settings_text(const InputSettings& input);

}  // namespace amalgam
