// Fields that tasks have in common, by content: a job stores them once.
#pragma once

#include <span>

#include "task/task.h"

namespace amalgam {

// Gives fields whose values are the same in several tasks, row by row, held-out rows included, one
// number above 0 (ColumnShape::shared), whichever of the tasks is wanted. Only tasks whose largest
// feature is the same have any in common, because they alone visit their rows in one order; fields
// that a stream borrows columns for are its own.
void share_fields(std::span<Task> tasks);

}  // namespace amalgam
