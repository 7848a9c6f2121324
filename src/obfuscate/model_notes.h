// What of a model is allowed and yet seldom meant.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "task/task.h"

namespace amalgam {

// One sentence each, for the tasks that the user gave: layers that an export switched off, and
// parameters that training does not move.
std::vector<std::string> model_notes(std::span<const Task> given);

}  // namespace amalgam
