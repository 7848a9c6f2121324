#include "obfuscate/same_rows_notes.h"

#include <fmt/format.h>

#include <algorithm>

namespace amalgam {

std::map<std::set<std::uint64_t>, std::vector<std::size_t>> tasks_in_common(
    const std::vector<Task>& tasks) {
  std::map<std::set<std::uint64_t>, std::vector<std::size_t>> found;
  for (std::size_t t = 0; t < tasks.size(); ++t) {
    std::set<std::uint64_t> features;
    for (const ColumnShape& columns : tasks[t].shape.features()) features.insert(columns.shared);
    if (!features.contains(0)) found[features].push_back(t);
  }
  return found;
}

bool any_guest_apart(const std::vector<Task>& tasks, const TaskCounts& counts) {
  std::size_t apart = counts.guests;
  for (const auto& [features, some] : tasks_in_common(tasks))
    if (some.front() < counts.wanted)
      apart -= static_cast<std::size_t>(std::count_if(
          some.begin(), some.end(), [&](std::size_t task) { return task >= counts.wanted; }));
  return apart > 0;
}

namespace {

void note_common_features(const std::vector<Task>& tasks, std::vector<std::string>& notes) {
  for (const auto& [features, some] : tasks_in_common(tasks)) {
    std::string labels;
    for (const std::size_t t : some)
      labels += fmt::format("{}'{}'", labels.empty() ? "" : ", ", tasks[t].label);
    if (some.size() > 1)
      notes.push_back(fmt::format(
          "{} have the same features, which the job holds once: nothing about these tells which "
          "task is wanted. Their targets can: how many rows each class has, how well it is learnt, "
          "how its numbers are rounded, whether held-out rows were split off by class.",
          labels));
  }
}

// Rows that are held out of one alone keep tasks from having the rest in common.
void note_split_rows(const std::vector<Task>& tasks, std::vector<std::string>& notes) {
  std::map<std::string, std::map<std::string, std::string>> by_rows;  // then by order: a label
  for (const Task& task : tasks)
    if (task.has_own_data)
      by_rows[row_order(*task.data, nullptr)].emplace(task.shape.row_order, task.label);
  for (const auto& [rows, orders] : by_rows) {
    if (orders.size() < 2) continue;
    std::string labels;
    for (const auto& [order, label] : orders)
      labels += fmt::format("{}'{}'", labels.empty() ? "" : ", ", label);
    notes.push_back(fmt::format(
        "{} have the same features for training and others held out, so that the job holds them "
        "apart, in orders of their own, and repeats can be seen. Give all of them the same "
        "validation data.",
        labels));
  }
}

}  // namespace

std::vector<std::string> same_rows_notes(const std::vector<Task>& tasks) {
  std::vector<std::string> notes;
  note_common_features(tasks, notes);
  note_split_rows(tasks, notes);
  return notes;
}

}  // namespace amalgam
