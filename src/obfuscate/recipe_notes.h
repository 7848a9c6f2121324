// What of a recipe is allowed and yet seldom meant.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "task/task.h"

namespace amalgam {

// One sentence each, for the tasks that the user gave: learning rates left to PyTorch, batches,
// warm-ups and cuts beyond the job's size, and pictures whose values nobody scales.
std::vector<std::string> recipe_notes(std::span<const Task> given, const JobSettings& settings,
                                      std::uint64_t rows);

}  // namespace amalgam
