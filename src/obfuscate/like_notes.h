// What two jobs tell together that neither tells alone.
#pragma once

#include <string>
#include <vector>

#include "key/key.h"
#include "task/task.h"

namespace amalgam {

// How another job of the same tasks differs from the old one.
struct LikeChanges {
  bool continued = false;                // from what the old job trained
  std::vector<std::string> recipes;      // of these wanted tasks, or their validation data
  std::vector<std::string> before_them;  // of each task in turn: as KeyTask::at_start, were it not
                                         // continued
};

// One sentence each: how the starts, the data, the recipes and the rows of the old job and of this
// one differ, and which tasks that names. `tasks` are the key's.
std::vector<std::string> like_notes(const Key& old, const Key& key, const std::vector<Task>& tasks,
                                    const LikeChanges& changes);

}  // namespace amalgam
