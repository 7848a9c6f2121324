#include "task/same_data.h"

#include <algorithm>
#include <filesystem>

#include "amalgam/dataset.h"

namespace amalgam {
namespace {

bool same_path(const std::string& a, const std::string& b) {
  if (a.empty() || b.empty()) return false;
  std::error_code unseen;  // what is no path is told by its reader
  return a == b || std::filesystem::equivalent(a, b, unseen);
}

// The arrays of one mapping that a caller gave twice.
bool same_arrays(const Dataset* a, const Dataset* b) {
  if (!a || !b) return false;
  for (const Field& field : a->features())
    for (const Field& other : b->features())
      if (field.name == other.name && field.rows() == other.rows() && field.rows() > 0 &&
          field.tensor.source->view().data() == other.tensor.source->view().data())
        return true;
  return false;
}

bool same_data(const TaskSettings& a, const TaskSettings& b) {
  return same_path(a.data, b.data) || same_arrays(a.arrays.get(), b.arrays.get());
}

bool is_in(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::vector<std::string> targets_of(const TaskSettings& task) {
  return task.targets.empty() ? std::vector<std::string>{"y"} : task.targets;
}

std::vector<std::string> others_targets(const TaskSettings& task,
                                        const std::vector<TaskSettings*>& all) {
  std::vector<std::string> others;
  const std::vector<std::string> own = targets_of(task);
  for (const TaskSettings* other : all)
    if (other != &task && same_data(*other, task))
      for (const std::string& name : targets_of(*other))
        if (!is_in(own, name) && !is_in(others, name)) others.push_back(name);
  return others;
}

}  // namespace

Recipe with_same_data(Recipe recipe) {
  std::vector<TaskSettings*> all;
  for (auto* tasks : {&recipe.tasks, &recipe.decoys})
    for (TaskSettings& task : *tasks) all.push_back(&task);
  for (TaskSettings* task : all)
    if (task->first_tasks_data) task->data = all.front()->data;
  for (TaskSettings* task : all) task->others_targets = others_targets(*task, all);
  for (TaskSettings& decoy : recipe.decoys)
    for (const TaskSettings& task : recipe.tasks)
      if (decoy.validation.empty() && same_path(decoy.data, task.data))
        decoy.validation = task.validation;
  return recipe;
}

}  // namespace amalgam
