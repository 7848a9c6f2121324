// What was done to the data of some tasks and not of others before it was rows.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "task/task.h"

namespace amalgam {

// One sentence for each kind of preparation that some of the tasks with data of their own had, and
// the trace that it leaves: scaling, the encoding of image files, values on few steps, tokenizers,
// and a mean and deviation of [input] that are one stream's own.
std::vector<std::string> preparation_notes(std::span<const Task> given);

}  // namespace amalgam
