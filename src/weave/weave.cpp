#include "weave/weave.h"

namespace amalgam {

std::size_t Weave::subnetwork_of(std::size_t task) const {
  std::size_t place = 0;
  while (subnetworks[place].task != task) ++place;
  return place;
}

Weave weave(const Secret& seed, std::vector<JobTask> tasks, const PlanSize& size) {
  std::vector<TaskShape> shapes;
  for (const JobTask& task : tasks) shapes.push_back(task.shape);
  Plan plan = draw_plan(seed, shapes, size);
  weave_starts(plan, seed, tasks);
  weave_vocabularies(plan, tasks);
  weave_links(plan, seed, tasks);
  std::vector<Subnetwork> subnetworks = weave_network(plan, tasks);
  return {std::move(plan), std::move(tasks), std::move(subnetworks)};
}

}  // namespace amalgam
