// What a user should know of where training starts.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "amalgam/obfuscate.h"
#include "task/task.h"

namespace amalgam {

// Of the tasks that have a model of their own: which tensors are drawn anew, and which keep their
// values.
std::vector<std::string> start_notes(std::span<const Task> given, StartPolicy policy);

}  // namespace amalgam
