// What a user should know of tasks over the same rows.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "obfuscate/notes.h"

namespace amalgam {

// By the features that they have in common, all of theirs: the tasks, at least one.
std::map<std::set<std::uint64_t>, std::vector<std::size_t>> tasks_in_common(
    const std::vector<Task>& tasks);
// Whether any guest's rows are no wanted task's, too.
bool any_guest_apart(const std::vector<Task>& tasks, const TaskCounts& counts);

// Which tasks have all features in common, and which would if their held-out rows were the same.
std::vector<std::string> same_rows_notes(const std::vector<Task>& tasks);

}  // namespace amalgam
