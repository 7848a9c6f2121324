// Notes on outputs that no label names.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "task/task.h"

namespace amalgam {

// Where the models of some tasks have such outputs, and those of others have none. `given`: those
// with data of their own. Variants are made alike; a guest's own model is as it was given.
std::vector<std::string> output_notes(std::span<const Task> given);

}  // namespace amalgam
