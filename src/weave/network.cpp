#include "weave/network.h"

#include <fmt/format.h>

#include "graph/names.h"

namespace amalgam {
namespace {

Tensor positions_tensor(const Positions& positions) {
  std::vector<std::byte> bytes;
  bytes.reserve(8 * positions.size());
  for (std::uint64_t position : positions) append_le(bytes, static_cast<std::int64_t>(position));
  return {DType::kInt64, {positions.size()}, memory_source(std::move(bytes))};
}

}  // namespace

std::string subnetwork_prefix(std::size_t index) { return fmt::format("subnetworks.{}.", index); }

std::string positions_name(std::size_t field) {
  return field == 0 ? "positions" : fmt::format("positions{}", field);
}

std::vector<std::size_t> spared_from_decay(const Model& model, const TrainSettings& train) {
  const std::vector<bool> norms = norm_parameters(model);
  std::vector<std::size_t> spared;
  for (std::size_t i = 0; i < norms.size(); ++i) {
    const ModelTensor& tensor = model.tensors[i];
    if (tensor.kind != ModelTensor::Kind::kParameter) continue;
    const std::string last = tensor.own_name.substr(tensor.own_name.rfind('.') + 1);
    const bool bias = train.no_decay_bias && last.starts_with("bias");
    if (bias || (train.no_decay_norm && norms[i])) spared.push_back(i);
  }
  return spared;
}

std::vector<Subnetwork> weave_network(const Plan& plan, std::span<const JobTask> tasks) {
  std::vector<Subnetwork> network;
  for (std::size_t k = 0; k < plan.streams.size(); ++k) {
    const Stream& stream = plan.streams[k];
    const JobTask& task = tasks[stream.task];
    const Model& model = *task.network.model;
    Subnetwork sub{stream.task, neutral_names(model), {}};
    for (std::size_t i = 0; i < model.tensors.size(); ++i)
      sub.tensors.push_back({subnetwork_prefix(k) + sub.tensor_names[i], model.tensors[i].tensor});
    for (std::size_t f = 0; f < task.shape.feature_count(); ++f)
      sub.tensors.push_back(
          {subnetwork_prefix(k) + positions_name(f), positions_tensor(stream.fields[f].positions)});
    network.push_back(std::move(sub));
  }
  return network;
}

}  // namespace amalgam
