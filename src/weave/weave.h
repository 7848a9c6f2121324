// The plan, drawn for tasks and applied to them: everything that a job is made of.
#pragma once

#include <vector>

#include "weave/network.h"
#include "weave/task.h"

namespace amalgam {

struct Weave {
  Plan plan;
  std::vector<JobTask> tasks;  // as given, with the plan's numbers of tokens and links in them
  std::vector<Subnetwork> subnetworks;  // in the job's order

  // Of a task, by its index: the place of its sub-network.
  std::size_t subnetwork_of(std::size_t task) const;
};

// Throws kInvalid where no task can take the links, or there are too few columns to share.
Weave weave(const Secret& seed, std::vector<JobTask> tasks, const PlanSize& size);

}  // namespace amalgam
