// Another job like an old one: the same tasks, decoys, plan and order, because two jobs that share
// a wanted task but not its decoys reveal it. All throw kInvalid, naming what differs.
#pragma once

#include <string>
#include <vector>

#include "key/key.h"
#include "task/task.h"
#include "weave/network.h"

namespace amalgam {

// Gives the wanted tasks the fingerprints, and so the streams of random numbers, that they had in
// the old job. Their data may be new, in the same shape and number of rows.
void adopt_plan(const Key& old, const std::vector<TaskSettings>& settings,
                std::vector<Task>& wanted);
void check_held_out_like(const Key& old, std::uint64_t held_out_rows);
// That all tasks, decoys too, are those of the old job.
void check_tasks_like(const Key& old, const std::vector<Task>& tasks);
// That the tokens of the same tasks are numbered anew.
void check_vocabularies_like(const Key& old, const std::vector<Task>& tasks);
// That the network has the same tensors.
void check_network_like(const Key& old, const std::vector<Subnetwork>& network);

}  // namespace amalgam
