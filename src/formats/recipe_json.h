// A task's part of the recipe as JSON: what the job's trainer and the plain training both read.
#pragma once

#include "amalgam/recipe.h"
#include "base/json.h"

namespace amalgam {

// loss, label_smoothing, optimizer (PyTorch's class), arguments, clip_grad_norm, accumulate,
// schedule.
Json train_settings_json(const TrainSettings& train);

}  // namespace amalgam
