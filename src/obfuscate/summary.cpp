#include "obfuscate/summary.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "amalgam/model.h"

namespace amalgam {
namespace fs = std::filesystem;
namespace {

std::uint64_t folder_bytes(const fs::path& folder) {
  std::uint64_t bytes = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) bytes += entry.file_size();
  return bytes;
}

double setting(const TrainSettings& train, const char* name) {
  const auto found = train.arguments.find(name);
  if (found == train.arguments.end()) return 0;
  if (const auto* flag = std::get_if<bool>(&found->second)) return *flag ? 1 : 0;
  const auto* number = std::get_if<double>(&found->second);
  return number ? *number : 0;
}

// Values that an optimizer keeps for each parameter (torch.optim).
double states_of(const TrainSettings& train) {
  const double momentum = setting(train, "momentum") > 0 ? 1 : 0;
  if (train.optimizer == "sgd") return momentum;
  if (train.optimizer == "rmsprop") return 1 + momentum + setting(train, "centered");
  if (train.optimizer == "adagrad") return 1;
  if (train.optimizer == "muon") return 1;
  return 2 + setting(train, "amsgrad");
}

// Parameters, their gradients and the optimizer's states stay; activations are there while one
// sub-network is at work.
struct Memory {
  double stays = 0, while_working = 0;
};

Memory memory_of(const TaskNetwork& task, std::uint64_t batch) {
  const Model& model = *task.model;
  Memory memory;
  for (const ModelTensor& tensor : model.tensors) {
    const auto bytes = static_cast<double>(tensor.tensor.bytes());
    memory.stays += tensor.trainable
                        ? bytes * (2 + states_of(task.train) + (task.train.ema > 0 ? 1 : 0))
                        : bytes;
  }
  memory.while_working = activation_bytes_per_sample(model) * static_cast<double>(batch);
  return memory;
}

// Whoever uses the model later needs the numbers that its training had.
void note_fitted(const Task& task, const InputSettings& found, std::vector<std::string>& notes) {
  constexpr std::size_t kMostShown = 4;
  const auto text = [&](const char* name, bool fit, const std::vector<double>& numbers) {
    if (!fit) return std::string();
    return numbers.size() > kMostShown ? fmt::format(" {} of {} columns", name, numbers.size())
                                       : fmt::format(" {} = [{}]", name, fmt::join(numbers, ", "));
  };
  const InputSettings& input = task.network.input;
  if (input.fits())
    notes.push_back(fmt::format(
        "'{}' is trained with{}{}{}, fitted to its rows; each stream has its "
        "own. They are needed wherever the model is used.",
        task.label, text("mean", input.fit_mean, found.mean),
        input.fit_mean && input.fit_std ? " and" : "", text("std", input.fit_std, found.std)));
}

}  // namespace

ObfuscateSummary summarise(const Cast& cast, const Weave& woven, const std::string& noise,
                           const ObfuscateOptions& options, const fs::path& job) {
  ObfuscateSummary summary;
  const TaskCounts& counts = cast.counts;
  const JobSettings& settings = options.recipe.job;
  const PlanSize& size = woven.plan.size;
  summary.wanted = counts.wanted;
  summary.guests = counts.guests;
  summary.generated = counts.generated;
  summary.subnetworks = woven.subnetworks.size();
  summary.rows = size.rows;
  summary.held_out_rows = size.held_out_rows;
  summary.bytes = folder_bytes(job);
  double most_active = 0, own_values = 0, inserted = 0, cost = 0, own_cost = 0;
  std::set<std::uint64_t> shared;  // fields that were counted; wanted tasks come first
  for (std::size_t i = 0; i < woven.tasks.size(); ++i) {
    const JobTask& task = woven.tasks[i];
    const Model& model = *task.network.model;
    const double flops = forward_cost(model).flops_per_sample;
    const std::uint64_t parameters = parameter_count(model);
    const Memory memory = memory_of(task.network, settings.batch_size);
    summary.flops += flops;
    cost += step_cost(model, settings.batch_size);
    summary.receiving += task.network.receives.empty() ? 0 : 1;
    summary.parameters += parameters;
    summary.memory += memory.stays;
    most_active = std::max(most_active, memory.while_working);
    for (const ColumnShape& columns : task.shape.features())
      if (columns.shared == 0 || shared.insert(columns.shared).second)
        (i < counts.wanted ? own_values : inserted) += static_cast<double>(columns.own());
    if (i >= counts.wanted) continue;
    summary.wanted_flops += flops;
    own_cost += step_cost(model, settings.batch_size);
    summary.wanted_parameters += parameters;
    summary.wanted_memory = std::max(summary.wanted_memory, memory.stays + memory.while_working);
  }
  summary.memory += most_active;
  summary.inserted = inserted / own_values;
  summary.step_cost = cost / own_cost;
  summary.notes = job_notes(cast.tasks, counts, options, noise, woven.plan, cast.alike);
  for (std::size_t i = 0; i < counts.wanted; ++i)
    note_fitted(cast.tasks[i], woven.tasks[i].network.input, summary.notes);
  return summary;
}

}  // namespace amalgam
