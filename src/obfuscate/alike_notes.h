// What was done so that streams resemble each other, and in what an eye finds them different still.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "obfuscate/column_habits.h"
#include "obfuscate/row_scaling.h"
#include "plan/plan.h"
#include "task/task.h"

namespace amalgam {

class AlikeNotes {
 public:
  // Of the task's rows so many are used.
  void chosen(const Task& task, std::uint64_t rows);
  // So many of its training rows are its held-out ones.
  void held_out(const Task& task, std::uint64_t rows);
  // Its validation data is not used.
  void left_validation(const Task& task);
  // `exact`: no row was left out afterwards, so that the job shows it.
  // `left`: so many columns could not be scaled.
  void scaled(const Task& task, const ColumnHabit& habit, bool exact, std::uint64_t left);

  // By field: how its rows were scaled, each by itself.
  void scaled_rows(const Task& task, const std::vector<RowScaling>& scaling);

  // These, then one sentence for each thing that is exactly round in the streams of some of
  // `tasks`, and not of others. They have data of their own and stand where they stood when they
  // were noted; `generated`: there will be decoys whose data is made up, too.
  std::vector<std::string> all(std::span<const Task> tasks, const PlanSize& size, bool generated,
                               RowKeys& keys) const;

 private:
  std::vector<std::string> done_;
  std::map<const Task*, std::vector<RowScaling>> scaled_rows_;
  std::map<const Task*, std::vector<ColumnHabit>> scaled_;  // what the job shows of it
};

}  // namespace amalgam
