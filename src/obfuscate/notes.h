// What a user should know of the job they have just made.
#pragma once

#include <string>
#include <vector>

#include "amalgam/obfuscate.h"
#include "task/task.h"

namespace amalgam {

struct TaskCounts {
  std::size_t wanted, guests, generated;
};

// One sentence each: what the decoys are worth (`noise` names their generator), in what guests and
// own tasks differ, which rows repeat, and what weakens "bit for bit".
// `alike` are those of choose_rows.
std::vector<std::string> job_notes(const std::vector<Task>& tasks, const TaskCounts& counts,
                                   const ObfuscateOptions& options, const std::string& noise,
                                   const Plan& plan, const std::vector<std::string>& alike);

}  // namespace amalgam
