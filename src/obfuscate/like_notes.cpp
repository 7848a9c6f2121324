#include "obfuscate/like_notes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace amalgam {
namespace {

using Labels = std::vector<std::string>;

// The old job's tasks in the order of this one's.
std::vector<const KeyTask*> counterparts(const Key& old, const Key& key) {
  std::vector<bool> used(old.tasks.size());
  std::vector<const KeyTask*> out;
  for (const KeyTask& task : key.tasks)
    for (std::size_t i = 0; i < old.tasks.size(); ++i) {
      if (used[i] || old.tasks[i].shape.fingerprint != task.shape.fingerprint) continue;
      used[i] = true;
      out.push_back(&old.tasks[i]);
      break;
    }
  return out;
}

std::string start_note(const Key& old, const Key& key, bool continued) {
  if (continued)
    return "Every sub-network, wanted or not, continues from what the old job trained.";
  const bool same =
      std::equal(key.trained.begin(), key.trained.end(), old.trained.begin(),
                 [](const KeyTensor& a, const KeyTensor& b) { return a.digest == b.digest; });
  return same ? "Every sub-network begins as in the old job."
              : "Every sub-network begins with other values than in the old job. The cloud knows "
                "what it trained: let each task continue from what came back, or none.";
}

// What is new of some tasks and not of others names them.
void note_new(const char* what, const Labels& fresh, const Labels& same, const char* more,
              Labels& notes) {
  if (fresh.empty() || same.empty()) return;
  notes.push_back(fmt::format(
      "The {} of {} is another than in the old job, and that of {} is the same{}: who "
      "sets the two jobs side by side sees which tasks somebody works on. Change it for "
      "all tasks, or for none.",
      what, fmt::join(fresh, ", "), fmt::join(same, ", "), more));
}

}  // namespace

std::vector<std::string> like_notes(const Key& old, const Key& key, const std::vector<Task>& tasks,
                                    const LikeChanges& changes) {
  const auto before = counterparts(old, key);
  Labels notes = {
      fmt::format("With the old job: {}, so that the cloud can set each beside "
                  "what it was. {}",
                  tasks.size() == 1 ? "the one stream keeps its place"
                                    : fmt::format("all {} streams keep their places", tasks.size()),
                  start_note(old, key, changes.continued))};
  Labels new_data, old_data, new_recipe, old_recipe;
  bool generated = false;
  for (std::size_t t = 0; t < tasks.size(); ++t) {
    const std::string label = "'" + tasks[t].label + "'";
    if (!tasks[t].has_own_data) {
      generated = true;
      continue;
    }
    const bool data =
        key.tasks[t].content != before[t]->content && changes.before_them[t] != before[t]->at_start;
    (data ? new_data : old_data).push_back(label);
    const bool recipe =
        std::count(changes.recipes.begin(), changes.recipes.end(), tasks[t].label) > 0 ||
        key.tasks[t].shape.rest != before[t]->shape.rest;
    (recipe ? new_recipe : old_recipe).push_back(label);
  }
  note_new("data", new_data, old_data, generated ? " (generated decoys imitate the new data)" : "",
           notes);
  note_new("recipe or validation data", new_recipe, old_recipe, "", notes);
  if (key.size.rows != old.size.rows)
    notes.push_back(fmt::format(
        "Each stream has {} rows, and had {}: which of its rows are in both jobs can be seen.",
        key.size.rows, old.size.rows));
  return notes;
}

}  // namespace amalgam
