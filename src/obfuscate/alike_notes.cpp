#include "obfuscate/alike_notes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/counted.h"
#include "obfuscate/fitted_habits.h"
#include "obfuscate/row_habits.h"
#include "obfuscate/row_pool.h"

namespace amalgam {
namespace {

std::string quoted(const std::string& label) { return "'" + label + "'"; }

struct Traits {
  std::string label;
  bool whole = false;  // each of its rows is as often in the job as the others
  std::optional<bool> balanced;
  std::vector<ColumnHabit> habits;
  std::uint64_t repeats = 0;
  std::set<std::string> row_habits;  // of its fields
};

using Labels = std::vector<std::string>;

std::string list(const Labels& labels) { return fmt::format("{}", fmt::join(labels, ", ")); }

void note_balance(const std::vector<Traits>& all, std::vector<std::string>& notes) {
  Labels even, uneven;
  for (const Traits& traits : all)
    if (traits.balanced) (*traits.balanced && traits.whole ? even : uneven).push_back(traits.label);
  if (!even.empty() && !uneven.empty())
    notes.push_back(
        fmt::format("Each class has as many rows as the others in the stream of {}, and not in "
                    "that of {}: exact counts of classes can be seen.",
                    list(even), list(uneven)));
}

void note_repeats(const std::vector<Traits>& all, std::vector<std::string>& notes) {
  Labels none, some;
  for (const Traits& traits : all)
    if (traits.repeats == 0)
      none.push_back(traits.label);
    else
      some.push_back(fmt::format("{} ({})", traits.label, traits.repeats));
  if (!none.empty() && !some.empty())
    notes.push_back(
        fmt::format("The data of {} has no row twice, and that of {} has such rows: exact repeats "
                    "can be seen. Leave repeats out of all data, or of none.",
                    list(none), list(some)));
}

// Held-out rows show what they have where all of them are in the job, and each as often.
std::vector<ColumnHabit> habits_of(const Task& task, RowNumbers training, const PlanSize& size) {
  SplitRows rows{{task.data.get(), training}, std::nullopt};
  std::vector<std::uint64_t> held_out;
  if (task.validation && task.validation->rows() == size.held_out_rows) {
    held_out = all_rows(*task.validation);
    rows.held_out = {task.validation.get(), held_out};
  }
  return fitted_habits(rows);
}

bool shows(const Traits& traits, const ColumnHabit& habit) {
  return traits.whole &&
         std::any_of(traits.habits.begin(), traits.habits.end(), [&](const ColumnHabit& own) {
           return own.role == habit.role && own.text() == habit.text();
         });
}

void note_habits(const std::vector<Traits>& all, bool generated, std::vector<std::string>& notes) {
  std::map<std::pair<std::string, std::string>, ColumnHabit> kinds;
  for (const Traits& traits : all)
    for (const ColumnHabit& habit : traits.habits)
      // Nothing of those is exact.
      if (traits.whole && habit.kind != ColumnHabit::Kind::kNear)
        kinds.try_emplace({habit.fields(), habit.text()}, habit);
  for (const auto& [kind, habit] : kinds) {
    Labels labels, others;
    for (const Traits& traits : all)
      (shows(traits, habit) ? labels : others).push_back(traits.label);
    // Their targets are those of a task with data, in another order.
    if (generated && habit.role == Role::kFeature) others.emplace_back("generated decoys");
    if (others.empty()) continue;
    const bool features = habit.role == Role::kFeature;
    notes.push_back(fmt::format(
        "The {} of {} have {}, and those of {} do not: what a scaler fitted to these rows leaves "
        "can be seen. {}",
        habit.fields(), list(labels), habit.text(), list(others),
        features ? "Let [input] mean = \"fit\" and std = \"fit\" scale the data of all tasks "
                   "instead, and "
                   "nothing before it (of a table, standardize = false)."
                 : "Scale the targets of all, or of none."));
  }
}

void note_row_habits(const std::vector<Traits>& all, bool generated,
                     std::vector<std::string>& notes) {
  std::set<std::string> kinds;
  for (const Traits& traits : all) kinds.insert(traits.row_habits.begin(), traits.row_habits.end());
  for (const std::string& kind : kinds) {
    Labels labels, others;
    for (const Traits& traits : all)
      (traits.row_habits.contains(kind) ? labels : others).push_back(traits.label);
    if (generated) others.emplace_back("generated decoys");
    if (others.empty()) continue;
    notes.push_back(fmt::format(
        "Each row of the features of {} has {}, and those of {} have not: what a scaler of single "
        "rows leaves can be seen. Let the model scale rows instead.",
        list(labels), kind, list(others)));
  }
}

// Of its fields as the job shows them.
std::set<std::string> row_texts(const Dataset& data, RowNumbers rows,
                                const std::vector<RowScaling>& scaling) {
  std::set<std::string> texts;
  for (std::size_t f = 0; f < data.fields.size(); ++f) {
    const bool scaled = f < scaling.size() && scaling[f].is_any();
    const RowHabit habit = scaled ? scaling[f].habit : row_habit(data.fields[f], rows);
    if (habit.is_any()) texts.insert(habit.text());
  }
  return texts;
}

}  // namespace

void AlikeNotes::chosen(const Task& task, std::uint64_t rows) {
  done_.push_back(fmt::format("{} has {} rows, of which {} were chosen.", quoted(task.label),
                              task.data->rows(), rows));
}

void AlikeNotes::held_out(const Task& task, std::uint64_t rows) {
  done_.push_back(
      fmt::format("{} has no validation data: {} of its rows were chosen as held-out rows.",
                  quoted(task.label), rows));
}

void AlikeNotes::left_validation(const Task& task) {
  done_.push_back(
      fmt::format("The validation data of {} is not used, as no wanted task has any: its held-out "
                  "rows are some of its training rows, as theirs are.",
                  quoted(task.label)));
}

void AlikeNotes::scaled(const Task& task, const ColumnHabit& habit, bool exact,
                        std::uint64_t left) {
  std::vector<ColumnHabit>& shown = scaled_[&task];
  if (exact) shown.push_back(habit);
  const std::string but = left == 0
                              ? ""
                              : fmt::format(" Left as they were: {}, which float32 cannot scale.",
                                            counted(left, "column"));
  done_.push_back(
      fmt::format("The {} of {} were scaled to {}, which those of a wanted task have.{}",
                  habit.fields(), quoted(task.label), habit.text(), but));
}

void AlikeNotes::scaled_rows(const Task& task, const std::vector<RowScaling>& scaling) {
  scaled_rows_[&task] = scaling;
  std::set<std::string> texts;
  for (const RowScaling& one : scaling)
    if (one.is_any()) texts.insert(one.habit.text());
  for (const std::string& text : texts)
    done_.push_back(fmt::format(
        "Rows of the features of {} were scaled to {}, which those of a wanted task have.",
        quoted(task.label), text));
}

std::vector<std::string> AlikeNotes::all(std::span<const Task> tasks, const PlanSize& size,
                                         bool generated, RowKeys& keys) const {
  std::vector<Traits> traits;
  for (const Task& task : tasks) {
    const Dataset& data = *task.data;
    const std::vector<std::uint64_t> rows = task.chosen ? *task.chosen : all_rows(data);
    Traits found{quoted(task.label), false, balanced(data, rows), {}, 0, {}};
    found.whole =
        rows_set_aside(task.shape, size.held_out_rows) == 0 && size.rows % task.shape.rows == 0;
    const auto scaled = scaled_.find(&task);
    found.habits = scaled == scaled_.end() ? habits_of(task, rows, size) : scaled->second;
    if (tasks.size() > 1) found.repeats = repeats(keys.of(data), rows);
    const auto scaled_rows = scaled_rows_.find(&task);
    found.row_habits = row_texts(
        data, rows,
        scaled_rows == scaled_rows_.end() ? std::vector<RowScaling>() : scaled_rows->second);
    traits.push_back(std::move(found));
  }
  std::vector<std::string> notes = done_;
  note_balance(traits, notes);
  note_repeats(traits, notes);
  note_habits(traits, generated, notes);
  note_row_habits(traits, generated, notes);
  return notes;
}

}  // namespace amalgam
