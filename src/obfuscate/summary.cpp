#include "obfuscate/summary.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "amalgam/model.h"
#include "obfuscate/resources.h"

namespace amalgam {
namespace {

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
                           const ObfuscateOptions& options, std::uint64_t bytes) {
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
  summary.bytes = bytes;
  summary.upload_seconds = static_cast<double>(bytes) * 8 / kUploadBitsPerSecond;
  const Disk disk = disk_of(woven, settings);
  summary.disk = disk.once + disk.epochs;
  summary.epochs_disk = disk.epochs;
  summary.epochs = settings.epochs;
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
