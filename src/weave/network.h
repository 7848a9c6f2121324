// The plan applied to models: sub-networks and the tensors of the augmented model.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "formats/safetensors.h"
#include "weave/task.h"

namespace amalgam {

// One sub-network of the augmented model, in the job's order.
struct Subnetwork {
  std::size_t task;
  std::vector<std::string> tensor_names;  // per tensor of the model, under the sub-network
  // The model's tensors under their full new names, then the positions of each feature.
  std::vector<NamedTensor> tensors;
};

// "subnetworks.3."
std::string subnetwork_prefix(std::size_t index);
// The name of a feature's positions: "positions", or "positions1" from the second one on.
std::string positions_name(std::size_t field);

std::vector<Subnetwork> weave_network(const Plan& plan, std::span<const JobTask> tasks);

// A task's start, drawn by its place in the job: the streams "start/<sub-network>/<tensor>"; and
// every task's. Comes before weave_vocabularies, which orders rows anew, and weave_links.
Model model_at_start(const TaskNetwork& network, const Secret& seed, std::size_t subnetwork);
void weave_starts(const Plan& plan, const Secret& seed, std::span<JobTask> tasks);

// The plan's numbers of tokens, applied to the rows of tensors and to what the graph says of
// padding. Comes before weave_links, which adds tensors.
void weave_vocabularies(const Plan& plan, std::span<JobTask> tasks);

// Whether the model has an activation that a link can start from or end in.
bool can_link(const Model& model);
// The plan's links, applied: networks that send and receive, the latter with a projection more for
// each. Which activations are joined is drawn from the streams "link/<i>".
void weave_links(const Plan& plan, const Secret& seed, std::span<JobTask> tasks);

// Indices of the model's parameters that weight decay spares: biases by the user's own names (the
// last part begins with "bias"), norms by the operation that uses them.
std::vector<std::size_t> spared_from_decay(const Model& model, const TrainSettings& train);

}  // namespace amalgam
