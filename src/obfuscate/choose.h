// The stage that decides which rows of guests' data a job may use, before the plan deals them. Here
// alone it counts that a row is a guest's: only guests' rows are chosen, and their values scaled.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/secret.h"
#include "obfuscate/notes.h"
#include "plan/plan.h"
#include "task/task.h"

namespace amalgam {

// A guest that is longer than the longest wanted task gets as many rows as that has, by class where
// a wanted task's classes are balanced, no row twice where a wanted task repeats none. Where a
// wanted task has validation data and a guest has none, the guest's held-out rows are chosen, too.
// Float features whose counterparts in a wanted task have exact means and deviations, or exact
// extremes, in columns or in single rows, are scaled to have the same. `tasks` are those with data
// of their own, the wanted ones first; `counts` are of all. Draws from the streams "choose/<task>":
// of fewer rows are chosen some of those that would be of more. Says, one sentence each, what was
// chosen and scaled, and what an eye finds special in some of the tasks and not in others all the
// same.
std::vector<std::string> choose_rows(const PlanSize& size, const TaskCounts& counts,
                                     std::span<Task> tasks, const Secret& seed);

}  // namespace amalgam
