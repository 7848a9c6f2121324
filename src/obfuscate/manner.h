// How wanted tasks' rows are, where a job shows it: what one of them is, guests are made to be.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "obfuscate/column_habits.h"
#include "obfuscate/habits.h"
#include "obfuscate/row_habits.h"
#include "plan/plan.h"
#include "task/task.h"

namespace amalgam {

struct TaskManner {
  bool balanced = false, held_out_balanced = false;  // its classes
  bool stratified = false;  // held-out rows have each class in proportion, to within one
  bool distinct = false;    // no row twice
  std::vector<ColumnHabit> habits;
  std::vector<RowHabit> row_habits;  // by field
};

struct Manner {
  std::uint64_t rows = 0;      // of the longest
  std::uint64_t training = 0;  // of those, what is left for training
  bool validation = false;     // of its own
  // Of each wanted task, those with most to show first.
  std::vector<TaskManner> tasks;

  // Guests follow the wanted tasks in turn: those that all followed one would leave another alone.
  const TaskManner& of_guest(std::size_t number) const { return tasks[number % tasks.size()]; }
};

// REQUIRES: at least one task.
Manner manner_of(std::span<const Task> wanted, const PlanSize& size, RowKeys& keys);

}  // namespace amalgam
