#include "obfuscate/given.h"

#include <fmt/format.h>

#include "obfuscate/unused.h"
#include "task/groups.h"
#include "variants/starts.h"

namespace amalgam {
namespace {

Task with_start(Task task, StartPolicy policy) {
  task.network.starts = starts_of(*task.network.model, policy);
  return task;
}

void load_guest(const TaskSettings& settings, std::size_t number, const ObfuscateOptions& options,
                Given& given) {
  if (settings.model.empty() && !settings.has_data())
    throw Error(ErrorCode::kInvalid, fmt::format("decoy[{}]", number),
                "names neither a model nor data");
  if (!settings.has_data() && !settings.validation.empty())
    throw Error(ErrorCode::kInvalid, fmt::format("decoy[{}]", number),
                "has validation data, but no data");
  if (settings.model.empty() && !settings.eval_model.empty())
    throw Error(ErrorCode::kInvalid, fmt::format("decoy[{}]", number),
                "has an eval_model, but no model");
  const DatasetOptions reading = reading_of(options);
  if (settings.model.empty())
    given.on_data.push_back(
        {settings, load_data(settings, *given.wanted[0].network.model, reading, true)});
  else if (settings.has_data())
    given.guests.push_back(
        with_start(load_task(settings, options.recipe.job, reading, true), options.start));
  else
    given.on_models.push_back({settings, load_model(settings)});
}

// Each task's data, and what the recipe says of it.
std::vector<GivenData> data_of(const Recipe& recipe, const Given& given) {
  std::vector<GivenData> all;
  for (std::size_t t = 0; t < given.wanted.size(); ++t)
    all.push_back({&recipe.tasks[t], given.wanted[t].data.get()});
  std::size_t whole = 0;
  for (const TaskSettings& settings : recipe.decoys)
    if (!settings.model.empty() && settings.has_data())
      all.push_back({&settings, given.guests[whole++].data.get()});
  for (const DataGuest& guest : given.on_data)
    all.push_back({&guest.settings, guest.data.training.get()});
  return all;
}

}  // namespace

DatasetOptions reading_of(const ObfuscateOptions& options) {
  DatasetOptions reading;
  reading.images = options.images;
  reading.text.library = options.text;
  reading.skip_damaged = options.skip_damaged;
  reading.progress = options.progress;
  return reading;
}

std::vector<Start> starts_of(const Model& model, StartPolicy policy) {
  return policy == StartPolicy::kKeep ? kept_starts(model) : find_starts(model);
}

Given load_given(const ObfuscateOptions& options) {
  Given given;
  Findings findings;
  for (const TaskSettings& settings : options.recipe.tasks)
    findings.collect([&] {
      given.wanted.push_back(
          with_start(load_task(settings, options.recipe.job, reading_of(options)), options.start));
      check_groups(*given.wanted.back().network.model, settings.train);
    });
  findings.raise();
  std::size_t number = 0;
  for (const TaskSettings& settings : options.recipe.decoys)
    findings.collect([&] { load_guest(settings, number++, options, given); });
  findings.raise();
  find_unused(options.recipe, data_of(options.recipe, given), findings);
  findings.raise();
  return given;
}

}  // namespace amalgam
