// How many rows a job has.
#pragma once

#include <span>

#include "amalgam/obfuscate.h"
#include "obfuscate/notes.h"
#include "task/task.h"

namespace amalgam {

// Rows, held-out rows and links: by default the rows of the longest wanted task, and as many
// held-out ones as the longest validation data of a wanted task has, or where none has any, of a
// guest. `tasks` are those with data of their own, the
// wanted ones first; `counts` are of all. Throws kInvalid or kUsage where a task has too few rows,
// or a job would have too many.
PlanSize decide_size(const ObfuscateOptions& options, std::span<const Task> tasks,
                     const TaskCounts& counts);

}  // namespace amalgam
