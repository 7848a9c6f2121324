// Numbers that an owner computed from data of their own, and that decoys have, too.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "task/task.h"

namespace amalgam {

// One sentence where tasks with other data have the same numbers in their losses and transforms:
// class weights, means. They fit the data that they were computed from alone. `given` have data of
// their own.
std::vector<std::string> own_number_notes(std::span<const Task> given);

}  // namespace amalgam
