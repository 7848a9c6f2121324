#include "variants/starts.h"

#include <fmt/format.h>

#include "weave/network.h"

namespace amalgam {

Model model_at_start(const TaskNetwork& network, const Secret& seed, std::size_t subnetwork) {
  return started(*network.model, network.starts, seed, fmt::format("start/{}", subnetwork));
}

void weave_starts(const Plan& plan, const Secret& seed, std::span<JobTask> tasks) {
  for (std::size_t k = 0; k < plan.streams.size(); ++k) {
    TaskNetwork& network = tasks[plan.streams[k].task].network;
    network.model = std::make_shared<const Model>(model_at_start(network, seed, k));
  }
}

}  // namespace amalgam
