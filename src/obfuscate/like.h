// Another job like an old one: the same tasks, decoys, plan and order, because two jobs that share
// a wanted task but not its decoys reveal it. All throw kInvalid, naming what differs.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "key/key.h"
#include "task/task.h"
#include "weave/network.h"

namespace amalgam {

// Gives the wanted tasks the fingerprints, and so the streams of random numbers, that they had in
// the old job. Their data may be new, in the same shape. Returns the names of those whose recipe or
// validation data is new.
std::vector<std::string> adopt_plan(const Key& old, const std::vector<TaskSettings>& settings,
                                    std::vector<Task>& wanted);
// Whether the wanted tasks have as many rows as in the old job.
bool same_rows_like(const Key& old, std::span<const Task> wanted);
// That held-out rows are set aside in both jobs, or in none.
void check_held_out_like(const Key& old, std::uint64_t held_out_rows);
// That all tasks, decoys too, are those of the old job.
void check_tasks_like(const Key& old, const std::vector<Task>& tasks);
// That the tokens of the same tasks are numbered anew.
void check_vocabularies_like(const Key& old, const std::vector<Task>& tasks);
// That the network has the same tensors.
void check_network_like(const Key& old, const std::vector<Subnetwork>& network);
// That all sub-networks begin as in the old job, or where each task has a model of its own
// (`variants`: not so) all with other values. Some that continue beside others that begin anew say
// which are which, and so does a variant that begins with what the old job trained elsewhere.
void check_starts_like(const Key& old, const Key& key, bool variants);

// Every sub-network continues from the file that the old job trained. Throws as read_trained.
void continue_from(const std::filesystem::path& trained, const Key& old,
                   std::vector<Subnetwork>& network);

}  // namespace amalgam
