#include "obfuscate/manner.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "base/bytes.h"
#include "formats/class_counts.h"
#include "obfuscate/fitted_habits.h"
#include "obfuscate/row_pool.h"

namespace amalgam {
namespace {

std::uint64_t left_for_training(const Task& task, const PlanSize& size) {
  return task.shape.rows - rows_set_aside(task.shape, size.held_out_rows);
}

// Rows of a shorter task that are filled up by draw no longer are what they were.
bool shows_its_manner(std::uint64_t left, const Manner& manner, const PlanSize& size) {
  return left == manner.training || left >= size.rows || size.rows % left == 0;
}

std::vector<ColumnHabit> column_habits_of(const Task& task, const RowList& training,
                                          const PlanSize& size) {
  SplitRows rows{{task.data.get(), training}, std::nullopt};
  const RowList held_out = task.validation ? all_rows(*task.validation) : RowList();
  if (held_out.size() == size.held_out_rows) rows.held_out = {task.validation.get(), held_out};
  return fitted_habits(rows);
}

using ClassCounts = std::map<std::int64_t, double>;

ClassCounts counts_of(const Dataset& data) {
  ClassCounts counts;
  if (const Field* labels = class_labels(data))
    for (const std::int64_t label : view_as<std::int64_t>(labels->tensor.source->view()))
      ++counts[label];
  return counts;
}

// As splitting by class leaves them.
bool stratified(const Dataset& training, const Dataset& held_out) {
  ClassCounts all = counts_of(training);
  ClassCounts own = counts_of(held_out);
  for (const auto& [label, count] : own) all[label] += count;
  const double part =
      static_cast<double>(held_out.rows()) / static_cast<double>(training.rows() + held_out.rows());
  return all.size() > 1 && std::all_of(all.begin(), all.end(), [&](const auto& of) {
           return std::abs(own[of.first] - part * of.second) <= 1;
         });
}

TaskManner manner_of(const Task& task, bool shown, const PlanSize& size, RowKeys& keys) {
  TaskManner manner;
  const RowList rows = all_rows(*task.data);
  manner.distinct = repeats(keys.of(*task.data), rows) == 0;
  if (task.validation) {
    manner.held_out_balanced =
        balanced(*task.validation, all_rows(*task.validation)).value_or(false);
    manner.stratified = stratified(*task.data, *task.validation);
  }
  if (!shown) return manner;
  manner.balanced = balanced(*task.data, rows).value_or(false);
  manner.row_habits = row_habits(*task.data, rows);
  manner.habits = column_habits_of(task, rows, size);
  return manner;
}

int traits(const TaskManner& manner) {
  const bool rows = std::any_of(manner.row_habits.begin(), manner.row_habits.end(),
                                [](const RowHabit& habit) { return habit.is_any(); });
  return (manner.habits.empty() ? 0 : 2) + (rows ? 2 : 0) + (manner.balanced ? 1 : 0) +
         (manner.stratified ? 1 : 0) + (manner.distinct ? 1 : 0);
}

}  // namespace

Manner manner_of(std::span<const Task> wanted, const PlanSize& size, RowKeys& keys) {
  Manner manner;
  for (const Task& task : wanted) {
    manner.validation = manner.validation || task.validation != nullptr;
    const std::uint64_t left = left_for_training(task, size);
    if (left <= manner.training) continue;
    manner.training = left;
    manner.rows = task.shape.rows;
  }
  for (const Task& task : wanted) {
    const bool shown = shows_its_manner(left_for_training(task, size), manner, size);
    manner.tasks.push_back(manner_of(task, shown, size, keys));
  }
  std::stable_sort(manner.tasks.begin(), manner.tasks.end(),
                   [](const TaskManner& a, const TaskManner& b) { return traits(a) > traits(b); });
  return manner;
}

}  // namespace amalgam
