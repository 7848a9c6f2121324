#include "amalgam/obfuscate.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "amalgam/key.h"
#include "amalgam/model.h"
#include "base/file.h"
#include "base/hash.h"
#include "formats/finite.h"
#include "job/job.h"
#include "obfuscate/notes.h"
#include "task/task.h"

namespace amalgam {
namespace fs = std::filesystem;
namespace {

// The tasks of one job: the wanted first, then guests, then generated decoys. Their order decides
// nothing: the plan sorts them by content.
struct Tasks {
  std::vector<Task> all;
  std::vector<std::string> wanted_names;
  TaskCounts counts{};
  std::uint64_t rows = 0;
  std::uint64_t held_out_rows = 0;
};

// All tasks are loaded before any finding stops the work, so that a user sees everything that is
// wrong.
void load_all(const ObfuscateOptions& options, Tasks& tasks) {
  Findings findings;
  auto load = [&](const std::vector<TaskSettings>& list) {
    for (const TaskSettings& settings : list) try {
        tasks.all.push_back(load_task(settings, options.recipe.job));
      } catch (const Error& error) {
        for (const Finding& f : error.findings()) findings.add(f.code, f.where, f.what);
      }
  };
  load(options.recipe.tasks);
  load(options.recipe.decoys);
  findings.raise();
  for (const TaskSettings& settings : options.recipe.tasks)
    tasks.wanted_names.push_back(settings.name);
  tasks.counts.wanted = options.recipe.tasks.size();
  tasks.counts.guests = options.recipe.decoys.size();
}

void decide_rows(const ObfuscateOptions& options, Tasks& tasks) {
  for (const Task& task : tasks.all)
    tasks.held_out_rows = std::max(tasks.held_out_rows, task.shape.held_out_rows);
  for (const Task& task : tasks.all)
    if (tasks.held_out_rows > 0 && task.shape.held_out_rows == 0 && task.shape.rows < 2)
      throw Error(ErrorCode::kInvalid, task.data->where,
                  "has too few rows to set one aside for validation");
  for (std::size_t i = 0; i < tasks.counts.wanted; ++i) {
    const TaskShape& shape = tasks.all[i].shape;
    tasks.rows = std::max(tasks.rows, shape.rows - rows_set_aside(shape, tasks.held_out_rows));
  }
  tasks.rows = options.rows.value_or(tasks.rows);
  if (tasks.rows < 2)
    throw Error(
        ErrorCode::kInvalid, "--rows",
        "a job needs at least two rows, and this one would have " + std::to_string(tasks.rows));
}

void add_generated(const ObfuscateOptions& options, const Secret& seed, Tasks& tasks) {
  const bool alone = tasks.counts.wanted == 1 && tasks.counts.guests == 0;
  tasks.counts.generated = options.decoys.value_or(alone ? 1 : 0);
  for (std::size_t i = 0; i < tasks.counts.generated; ++i) {
    const Task& like = tasks.all[i % tasks.counts.wanted];
    // The same task gives the same decoy, whatever its place in the list.
    const std::string name =
        fmt::format("{}/{}/{}", like.shape.fingerprint, options.noise, i / tasks.counts.wanted);
    tasks.all.push_back(
        generated_task(like, options.noise, seed, name, tasks.rows, tasks.held_out_rows));
  }
}

template <typename T, typename Get>
std::vector<T> gather(const std::vector<Task>& tasks, Get get) {
  std::vector<T> out;
  for (const Task& task : tasks) out.push_back(get(task));
  return out;
}

// Watches every float tensor of the network on its way into the job, for the key's list of values
// that are not finite.
using Scans = std::map<std::string, std::shared_ptr<const FiniteScan>>;

Scans watch(std::vector<Subnetwork>& network) {
  Scans scans;
  for (Subnetwork& sub : network)
    for (NamedTensor& named : sub.tensors) {
      if (!is_floating(named.tensor.dtype)) continue;
      auto scan = std::make_shared<const FiniteScan>(named.tensor);
      named.tensor.source = scan;
      scans.emplace(named.name, std::move(scan));
    }
  return scans;
}

KeyTask key_task(const TaskShape& shape) {
  KeyTask task{shape.fingerprint, {}, std::nullopt, shape.rows, shape.held_out_rows};
  for (const ColumnShape& column : shape.features)
    task.features.emplace_back(column.dtype, column.width);
  if (shape.targets) task.targets.emplace(shape.targets->dtype, shape.targets->width);
  return task;
}

KeyWanted key_wanted(const std::string& name, std::size_t task,
                     const std::vector<Subnetwork>& network, const Model& model,
                     const Scans& scans) {
  KeyWanted wanted{name, task, 0, {}};
  while (network[wanted.subnetwork].task != task) ++wanted.subnetwork;
  const Subnetwork& sub = network[wanted.subnetwork];
  for (std::size_t i = 0; i < model.tensors.size(); ++i) {
    if (model.tensors[i].user_names.empty()) continue;
    KeyMapping mapping{model.tensors[i].user_names, sub.tensors[i].name, {}};
    if (const auto scan = scans.find(mapping.job_name); scan != scans.end())
      mapping.not_finite = scan->second->runs();
    wanted.tensors.push_back(std::move(mapping));
  }
  return wanted;
}

Key make_key(const Secret& seed, const Tasks& tasks, const std::vector<Subnetwork>& network,
             const Scans& scans, const fs::path& job) {
  Key key;
  key.seed = std::make_shared<const Secret>(seed.clone());
  key.rows = tasks.rows;
  key.held_out_rows = tasks.held_out_rows;
  key.job_digest = to_hex(Blake2b().update(MappedFile::open(job / "job.json")->bytes()).finish());
  for (const NamedTensor& named : job_weights(network))
    key.trained.push_back({named.name, named.tensor.dtype, named.tensor.shape});
  for (const Task& task : tasks.all) key.tasks.push_back(key_task(task.shape));
  for (std::size_t i = 0; i < tasks.wanted_names.size(); ++i)
    key.wanted.push_back(
        key_wanted(tasks.wanted_names[i], i, network, *tasks.all[i].network.model, scans));
  return key;
}

std::uint64_t folder_bytes(const fs::path& folder) {
  std::uint64_t bytes = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) bytes += entry.file_size();
  return bytes;
}

ObfuscateSummary summarise(const Tasks& tasks, const ObfuscateOptions& options,
                           const fs::path& job) {
  ObfuscateSummary summary;
  summary.subnetworks = tasks.all.size();
  summary.rows = tasks.rows;
  summary.held_out_rows = tasks.held_out_rows;
  summary.bytes = folder_bytes(job);
  for (std::size_t i = 0; i < tasks.all.size(); ++i) {
    const Model& model = *tasks.all[i].network.model;
    const double flops = forward_cost(model).flops_per_sample;
    std::uint64_t parameters = 0;
    for (const ModelTensor& tensor : model.tensors)
      if (tensor.kind == ModelTensor::Kind::kParameter)
        parameters += element_count(tensor.tensor.shape);
    summary.flops += flops;
    summary.parameters += parameters;
    if (i >= tasks.counts.wanted) continue;
    summary.wanted_flops += flops;
    summary.wanted_parameters += parameters;
  }
  summary.notes = job_notes(tasks.all, tasks.counts, options.recipe.job, options.noise, tasks.rows,
                            tasks.held_out_rows);
  return summary;
}

void check_options(const ObfuscateOptions& options) {
  if (options.recipe.tasks.empty())
    throw Error(ErrorCode::kUsage, "",
                "there is no task: give --model and --data, or [[task]] in the recipe");
  if (options.shard_bytes == 0) throw Error(ErrorCode::kUsage, "--shard-bytes", "must be above 0");
  if (fs::absolute(options.key)
          .lexically_normal()
          .string()
          .starts_with(fs::absolute(options.job).lexically_normal().string() + "/"))
    throw Error(ErrorCode::kUsage, "--key",
                "lies inside the job, which goes to the cloud; choose a place at home");
}

}  // namespace

TaskSettings single_task(const Recipe& recipe, std::string model, std::string data,
                         std::string validation, std::string eval_model) {
  return {"task",          std::move(model),      std::move(eval_model),
          std::move(data), std::move(validation), recipe.train,
          recipe.input};
}

ObfuscateSummary obfuscate(const ObfuscateOptions& options) {
  check_options(options);
  StagedOutput key_output(options.key, StagedOutput::Kind::kFile);
  StagedOutput job_output(options.job, StagedOutput::Kind::kFolder);
  const Secret seed =
      options.seed_hex ? seed_from_hex(*options.seed_hex) : Secret::random(kSeedBytes);

  Tasks tasks;
  load_all(options, tasks);
  decide_rows(options, tasks);
  add_generated(options, seed, tasks);

  const auto shapes = gather<TaskShape>(tasks.all, [](const Task& t) { return t.shape; });
  const auto networks = gather<TaskNetwork>(tasks.all, [](const Task& t) { return t.network; });
  const Plan plan = draw_plan(seed, shapes, tasks.rows, tasks.held_out_rows);
  std::vector<Subnetwork> network = weave_network(plan, networks);
  const Scans scans = watch(network);
  const SampleWeaver weaver(plan, shapes,
                            gather<TaskRows>(tasks.all, [](const Task& t) { return t.rows; }));
  write_job(job_output.path(), {&plan, &shapes, &networks, &network, &weaver, options.recipe.job},
            {options.shard_bytes, options.threads}, options.progress);
  write_key(key_output.path(), make_key(seed, tasks, network, scans, job_output.path()),
            options.passphrase);

  ObfuscateSummary summary = summarise(tasks, options, job_output.path());
  StagedOutput* outputs[] = {&job_output, &key_output};
  commit_together(outputs);
  return summary;
}

}  // namespace amalgam
