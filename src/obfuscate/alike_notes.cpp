#include "obfuscate/alike_notes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <numeric>

namespace amalgam {
namespace {

std::string quoted(const std::string& label) { return "'" + label + "'"; }

struct Traits {
  std::string label;
  bool whole = false;  // each of its rows is as often in the job as the others
  std::optional<bool> balanced;
  std::optional<ColumnHabit> habit;
  std::uint64_t repeats = 0;
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

void note_habits(const std::vector<Traits>& all, bool generated, std::vector<std::string>& notes) {
  std::map<std::string, Labels> have;
  for (const Traits& traits : all)
    if (traits.habit && traits.whole) have[traits.habit->text()].push_back(traits.label);
  for (const auto& [habit, labels] : have) {
    Labels others;
    for (const Traits& traits : all)
      if (!traits.whole || !traits.habit || traits.habit->text() != habit)
        others.push_back(traits.label);
    if (generated) others.emplace_back("generated decoys");
    if (!others.empty())
      notes.push_back(
          fmt::format("The features of {} have {}, and those of {} do not: what a scaler fitted to "
                      "these rows leaves can be seen. Let [input] mean = \"fit\" and std = \"fit\" "
                      "scale the data of all tasks instead.",
                      list(labels), habit, list(others)));
  }
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

void AlikeNotes::scaled(const Task& task, const ColumnHabit& habit, bool exact) {
  scaled_[&task] = exact ? std::optional(habit) : std::nullopt;
  done_.push_back(
      fmt::format("The features of {} were scaled to {}, which those of a wanted task have.",
                  quoted(task.label), habit.text()));
}

std::vector<std::string> AlikeNotes::all(std::span<const Task> tasks, const PlanSize& size,
                                         bool generated, RowKeys& keys) const {
  std::vector<Traits> traits;
  for (const Task& task : tasks) {
    const Dataset& data = *task.data;
    std::vector<std::uint64_t> rows(data.rows());
    std::iota(rows.begin(), rows.end(), std::uint64_t{0});
    if (task.chosen) rows = *task.chosen;
    Traits found{quoted(task.label), false, balanced(data, rows), std::nullopt, 0};
    found.whole =
        rows_set_aside(task.shape, size.held_out_rows) == 0 && size.rows % task.shape.rows == 0;
    const auto scaled = scaled_.find(&task);
    found.habit = scaled == scaled_.end() ? column_habit(data, rows) : scaled->second;
    if (tasks.size() > 1) found.repeats = repeats(keys.of(data), rows);
    traits.push_back(std::move(found));
  }
  std::vector<std::string> notes = done_;
  note_balance(traits, notes);
  note_repeats(traits, notes);
  note_habits(traits, generated, notes);
  return notes;
}

}  // namespace amalgam
