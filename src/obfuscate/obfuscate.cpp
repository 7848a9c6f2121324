#include "amalgam/obfuscate.h"

#include <fmt/format.h>

#include <algorithm>

#include "amalgam/key.h"
#include "amalgam/model.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/staged_output.h"
#include "job/job.h"
#include "obfuscate/disguise.h"
#include "obfuscate/key_tensors.h"
#include "obfuscate/like.h"
#include "obfuscate/summary.h"
#include "task/task.h"

namespace amalgam {
namespace fs = std::filesystem;
namespace {

template <typename T, typename Get>
std::vector<T> gather(const std::vector<Task>& tasks, Get get) {
  std::vector<T> out;
  for (const Task& task : tasks) out.push_back(get(task));
  return out;
}

KeyColumns key_columns(const ColumnShape& columns) {
  return {columns.dtype, columns.width, columns.borrowed, columns.scattered, columns.vocabulary};
}

KeyTask key_task(const Task& task, const NoiseKind& noise) {
  const TaskShape& shape = task.shape;
  KeyTask key{shape.fingerprint, task.content,      {},
              std::nullopt,      shape.rows,        shape.held_out_rows,
              shape.may_send,    shape.may_receive, "data"};
  if (!task.has_own_data) key.origin = generator_name(noise, task.tokens);
  for (const ColumnShape& columns : shape.features) key.features.push_back(key_columns(columns));
  if (shape.targets) key.targets = key_columns(*shape.targets);
  return key;
}

KeyWanted key_wanted(const std::string& name, std::size_t task,
                     const std::vector<Subnetwork>& network, const TaskNetwork& own) {
  const Model& model = *own.model;
  KeyWanted wanted{name, task, 0, {}};
  while (network[wanted.subnetwork].task != task) ++wanted.subnetwork;
  const Subnetwork& sub = network[wanted.subnetwork];
  for (std::size_t i = 0; i < model.tensors.size(); ++i) {
    if (model.tensors[i].user_names.empty()) continue;
    wanted.tensors.push_back({model.tensors[i].user_names, sub.tensors[i].name,
                              std::count(own.vocabulary.begin(), own.vocabulary.end(), i) > 0});
  }
  return wanted;
}

std::uint64_t links_of(const ObfuscateOptions& options) {
  return options.like ? options.like->links : options.links;
}

Key make_key(const ObfuscateOptions& options, const Secret& seed, const Tasks& tasks,
             const std::vector<Subnetwork>& network, const fs::path& job) {
  Key key;
  key.links = links_of(options);
  key.skip_damaged = options.skip_damaged;
  key.seed = std::make_shared<const Secret>(seed.clone());
  key.rows = tasks.rows;
  key.held_out_rows = tasks.held_out_rows;
  key.job_digest = to_hex(Blake2b().update(MappedFile::open(job / "job.json")->bytes()).finish());
  key.epochs = options.recipe.job.epochs;
  key.batch_size = options.recipe.job.batch_size;
  const auto networks = gather<TaskNetwork>(tasks.all, [](const Task& t) { return t.network; });
  key.trained = key_tensors(network, networks, job / "weights.safetensors");
  for (const Task& task : tasks.all) key.tasks.push_back(key_task(task, tasks.noise));
  for (std::size_t i = 0; i < tasks.wanted_names.size(); ++i)
    key.wanted.push_back(key_wanted(tasks.wanted_names[i], i, network, tasks.all[i].network));
  return key;
}

// The key comes first: a run that is killed right then leaves a key without a job.
void check_leftover_key(const ObfuscateOptions& options) {
  if (fs::exists(options.key) && !fs::exists(options.job))
    throw Error(ErrorCode::kExists, options.key.string(),
                "is already there, and is never overwritten; choose another name, or remove it if "
                "it has no job anywhere (" +
                    options.job.string() +
                    " is not there: a run that is killed at its very end leaves a key alone)");
}

// A folder that is read must not change meanwhile, and is not ours to write to.
void check_inputs_untouched(const ObfuscateOptions& options) {
  const auto check = [&](const std::string& data) {
    std::error_code unseen;  // what is no path is told by its reader
    if (data.empty() || !fs::is_directory(data, unseen)) return;
    for (const auto& [name, path] : {std::pair{"--job", options.job}, {"--key", options.key}})
      if (lies_inside(path, data))
        throw Error(ErrorCode::kUsage, name,
                    "lies inside " + data + ", which is read; choose another place");
  };
  for (const auto* tasks : {&options.recipe.tasks, &options.recipe.decoys})
    for (const TaskSettings& task : *tasks) {
      check(task.data);
      check(task.validation);
    }
}

void check_options(const ObfuscateOptions& options) {
  if (options.recipe.tasks.empty())
    throw Error(ErrorCode::kUsage, "",
                "there is no task: give --model and --data, or [[task]] in the recipe");
  if (options.like && (options.seed_hex || options.rows))
    throw Error(ErrorCode::kUsage, "--like",
                "brings its own seed and rows; leave --seed and --rows out");
  if (options.like && options.links > 0 && options.links != options.like->links)
    throw Error(ErrorCode::kUsage, "--like",
                fmt::format("brings its own {} links; leave --links out", options.like->links));
  if (options.shard_bytes == 0) throw Error(ErrorCode::kUsage, "--shard-bytes", "must be above 0");
  if (lies_inside(options.key, options.job))
    throw Error(ErrorCode::kUsage, "--key",
                "lies inside the job, which goes to the cloud; choose a place at home");
  check_leftover_key(options);
  check_inputs_untouched(options);
}

// Only decoys receive, because a network that receives is not what it would be alone.
void mark_link_ends(Tasks& tasks) {
  for (std::size_t t = 0; t < tasks.all.size(); ++t) {
    TaskShape& shape = tasks.all[t].shape;
    shape.may_send = can_link(*tasks.all[t].network.model);
    shape.may_receive = shape.may_send && t >= tasks.counts.wanted;
  }
}

// Trained on data that stays at home, a tokenizer is the user's only copy: it is kept beside the
// key.
std::vector<std::unique_ptr<StagedOutput>> keep_tokenizers(const Tasks& tasks,
                                                           const fs::path& key) {
  std::vector<std::unique_ptr<StagedOutput>> outputs;
  for (std::size_t i = 0; i < tasks.wanted_names.size(); ++i) {
    if (!tasks.all[i].data->trained_tokenizer) continue;
    const fs::path path = key.string() + "." + tasks.wanted_names[i] + ".tokenizer";
    outputs.push_back(std::make_unique<StagedOutput>(path, StagedOutput::Kind::kFile));
    OutputFile file(outputs.back()->path());
    file.write(tasks.all[i].data->tokenizer->serialised());
    file.close();
  }
  return outputs;
}

Secret seed_of(const ObfuscateOptions& options) {
  if (options.like) return options.like->seed->clone();
  return options.seed_hex ? seed_from_hex(*options.seed_hex) : Secret::random(kSeedBytes);
}

}  // namespace

TaskSettings single_task(const Recipe& recipe, std::string model, std::string data,
                         std::string validation, std::string eval_model) {
  TaskSettings task;
  task.name = "task";
  task.model = std::move(model);
  task.eval_model = std::move(eval_model);
  task.data = std::move(data);
  task.validation = std::move(validation);
  task.train = recipe.train;
  task.input = recipe.input;
  task.text = recipe.text;
  return task;
}

ObfuscateSummary obfuscate(const ObfuscateOptions& options) {
  check_options(options);
  StagedOutput key_output(options.key, StagedOutput::Kind::kFile);
  StagedOutput job_output(options.job, StagedOutput::Kind::kFolder);
  const Secret seed = seed_of(options);

  Tasks tasks = assemble_tasks(options, seed);
  mark_vocabularies(options.disguise, tasks.counts.wanted, tasks.all);
  if (options.like) check_vocabularies_like(*options.like, tasks.all);
  const std::uint64_t links = links_of(options);
  if (links > 0) mark_link_ends(tasks);
  const auto shapes = gather<TaskShape>(tasks.all, [](const Task& t) { return t.shape; });
  auto networks = gather<TaskNetwork>(tasks.all, [](const Task& t) { return t.network; });
  const Plan plan = draw_plan(seed, shapes, tasks.rows, tasks.held_out_rows, links);
  weave_vocabularies(plan, networks);
  weave_links(plan, seed, networks);
  for (std::size_t t = 0; t < networks.size(); ++t) tasks.all[t].network = networks[t];
  const std::vector<Subnetwork> network = weave_network(plan, networks);
  if (options.like) check_network_like(*options.like, network);
  const SampleWeaver weaver(plan, shapes,
                            gather<TaskRows>(tasks.all, [](const Task& t) { return t.rows; }));
  write_job(job_output.path(), {&plan, &shapes, &networks, &network, &weaver, options.recipe.job},
            {options.shard_bytes, options.threads}, options.progress);
  write_key(key_output.path(), make_key(options, seed, tasks, network, job_output.path()),
            options.passphrase);

  ObfuscateSummary summary = summarise(tasks, options, job_output.path());
  const auto tokenizers = keep_tokenizers(tasks, options.key);
  std::vector<StagedOutput*> outputs;
  for (const auto& tokenizer : tokenizers) {
    outputs.push_back(tokenizer.get());
    summary.tokenizers.push_back(tokenizer->target());
  }
  // A job without its key is worthless, so it comes last.
  outputs.insert(outputs.end(), {&key_output, &job_output});
  commit_together(outputs);
  return summary;
}

}  // namespace amalgam
