#include "obfuscate/resources.h"

#include "amalgam/model.h"
#include "formats/optimizers.h"
#include "job/job.h"

namespace amalgam {
namespace {

bool is_set(const TrainSettings& train, std::string_view name) {
  const auto found = train.arguments.find(std::string(name));
  if (found == train.arguments.end()) return false;
  if (const auto* flag = std::get_if<bool>(&found->second)) return *flag;
  const auto* number = std::get_if<double>(&found->second);
  return number && *number > 0;
}

// Values that an optimizer keeps for each parameter, besides the averaged ones.
double states_of(const TrainSettings& train) {
  const OptimizerRow& row = *find_optimizer(train.optimizer);
  double states = row.states;
  for (const std::string_view name : row.adding) states += is_set(train, name) ? 1 : 0;
  return states;
}

double averages_of(const TrainSettings& train) { return train.ema > 0 ? 1 : 0; }

double trained_bytes(const Model& model) {
  double bytes = 0;
  for (const ModelTensor& tensor : model.tensors)
    bytes += tensor.trainable ? static_cast<double>(tensor.tensor.bytes()) : 0;
  return bytes;
}

}  // namespace

Memory memory_of(const TaskNetwork& task, std::uint64_t batch) {
  const Model& model = *task.model;
  Memory memory;
  for (const ModelTensor& tensor : model.tensors)
    memory.stays += static_cast<double>(tensor.tensor.bytes());
  memory.stays += trained_bytes(model) * (1 + states_of(task.train) + averages_of(task.train));
  memory.while_working = activation_bytes_per_sample(model) * static_cast<double>(batch);
  return memory;
}

Disk disk_of(const Weave& woven, const JobSettings& settings) {
  double weights = 0, states = 0;
  bool averages = false;
  for (const NamedTensor& named : job_weights(woven.subnetworks))
    weights += static_cast<double>(named.tensor.bytes());
  for (const JobTask& task : woven.tasks) {
    const TrainSettings& train = task.network.train;
    const double trained = trained_bytes(*task.network.model);
    states += trained * (states_of(train) + (train.accumulate > 1 ? 1 : 0) + averages_of(train));
    averages |= train.ema > 0 && trained > 0;
  }
  // Two checkpoints and one that is being written; trained.safetensors, best.safetensors and the
  // next one of these, and ema.safetensors.
  const double kept = 4 + (averages ? 1 : 0);
  return {3 * (weights + states) + kept * weights, weights * static_cast<double>(settings.epochs)};
}

}  // namespace amalgam
