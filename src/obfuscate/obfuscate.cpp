#include "amalgam/obfuscate.h"

#include <fmt/format.h>

#include <algorithm>

#include "amalgam/model.h"
#include "base/counted.h"
#include "base/file.h"
#include "base/staged_output.h"
#include "extract/trained.h"
#include "job/job.h"
#include "job/manifest.h"
#include "key/key.h"
#include "obfuscate/cast.h"
#include "obfuscate/choose.h"
#include "obfuscate/disguise.h"
#include "obfuscate/key_tensors.h"
#include "obfuscate/like.h"
#include "obfuscate/like_notes.h"
#include "obfuscate/noise_kind.h"
#include "obfuscate/rows.h"
#include "obfuscate/shared_fields.h"
#include "obfuscate/summary.h"
#include "obfuscate/unused_options.h"
#include "task/same_data.h"
#include "weave/fit.h"
#include "weave/vocabulary.h"

namespace amalgam {
namespace fs = std::filesystem;
namespace {

// Under the user's own numbers of tokens.
Model continued_model(const Task& task, const Weave& woven, std::size_t subnetwork) {
  Model model = *task.network.model;
  const auto& numbered = task.network.vocabulary;
  for (std::size_t i = 0; i < model.tensors.size(); ++i) {
    const Tensor& tensor = woven.subnetworks[subnetwork].tensors[i].tensor;
    const bool back = std::count(numbered.begin(), numbered.end(), i) > 0;
    model.tensors[i].tensor =
        back ? numbered_back(tensor, woven.plan.streams[subnetwork].numbers) : tensor;
  }
  return model;
}

KeyTask key_task(const Task& task, std::string at_start, const NoiseKind& noise) {
  return {task.shape, task.content, std::move(at_start),
          task.has_own_data ? "data" : generator_name(noise, task.tokens)};
}

KeyWanted key_wanted(const TaskSettings& settings, const Task& task, std::size_t number,
                     const Weave& woven) {
  const Model& model = *woven.tasks[number].network.model;
  KeyWanted wanted{settings.name, number, woven.subnetwork_of(number), {}, settings.others_targets};
  const Subnetwork& sub = woven.subnetworks[wanted.subnetwork];
  const auto& numbered = task.network.vocabulary;
  // A loss without parameters is its owner's as it was, and does not come back.
  const bool loss = has_parameters(model, ProgramRole::kLoss);
  for (std::size_t i = 0; i < model.tensors.size(); ++i) {
    const ModelTensor& tensor = model.tensors[i];
    if (tensor.user_names.empty() || (!tensor.of_model() && !loss)) continue;
    wanted.tensors.push_back({tensor.user_names, sub.tensors[i].name,
                              std::count(numbered.begin(), numbered.end(), i) > 0,
                              !tensor.of_model()});
  }
  return wanted;
}

// Here alone it is said which tasks are wanted.
Key make_key(const ObfuscateOptions& options, const Secret& seed, std::span<const Task> tasks,
             const NoiseKind& noise, const Weave& woven, const fs::path& job) {
  Key key;
  key.size = woven.plan.size;
  key.skip_damaged = options.skip_damaged;
  key.seed = std::make_shared<const Secret>(seed.clone());
  key.job_digest = manifest_digest(job);
  key.epochs = options.recipe.job.epochs;
  key.batch_size = options.recipe.job.batch_size;
  key.trained = key_tensors(woven, job / "weights.safetensors");
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    const std::size_t place = woven.subnetwork_of(i);
    const Model start = options.trained ? continued_model(tasks[i], woven, place)
                                        : model_at_start(tasks[i].network, seed, place);
    key.tasks.push_back(key_task(tasks[i], task_fingerprint(start, *tasks[i].data), noise));
  }
  for (std::size_t i = 0; i < options.recipe.tasks.size(); ++i)
    key.wanted.push_back(key_wanted(options.recipe.tasks[i], tasks[i], i, woven));
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

// As the command line has it; other callers may give any number.
void check_numbers(const ObfuscateOptions& options) {
  for (const auto& [name, amount] :
       {std::pair{"--amount", options.amount}, {"--model-amount", options.model_amount}})
    if (amount && !(*amount > 0 && *amount <= kMostAmount))
      throw Error(
          ErrorCode::kUsage, name,
          fmt::format("expected a number above 0 and up to {}, found {}", kMostAmount, *amount));
  for (const auto& [name, count] :
       {std::pair{"--decoys", options.decoys}, {"--links", options.links}})
    if (count && *count > kMostDecoys)
      throw Error(ErrorCode::kUsage, name,
                  fmt::format("expected a whole number up to {}, found {}", kMostDecoys, *count));
}

void check_options(const ObfuscateOptions& options) {
  check_numbers(options);
  if (options.recipe.tasks.empty())
    throw Error(ErrorCode::kUsage, "",
                "there is no task: give --model and --data, or [[task]] in the recipe");
  if (options.like && options.seed_hex)
    throw Error(ErrorCode::kUsage, "--like", "brings its own seed; leave --seed out");
  if (options.trained && !options.like)
    throw Error(ErrorCode::kUsage, "--trained",
                "is what the job of --like trained; give the key of that job, too");
  if (options.like && options.links && *options.links != options.like->size.links)
    throw Error(ErrorCode::kUsage, "--like",
                fmt::format("brings its own {}; leave --links out",
                            counted(options.like->size.links, "link")));
  if (options.shard_bytes == 0) throw Error(ErrorCode::kUsage, "--shard-bytes", "must be above 0");
  if (lies_inside(options.key, options.job))
    throw Error(ErrorCode::kUsage, "--key",
                "lies inside the job, which goes to the cloud; choose a place at home");
  check_noise(options.noise);
  check_leftover_key(options);
  check_inputs_untouched(options);
}

// Those of one task, where they are paths.
void check_paths(const TaskSettings& task, Findings& findings) {
  for (const std::string* model : {&task.model, &task.eval_model})
    if (!model->empty()) findings.collect([&] { MappedFile::open(*model); });
  for (const std::string* data : {&task.data, &task.validation})
    if (!data->empty()) findings.collect([&] { check_dataset_path(*data); });
}

// The paper's scheme; what is given stays.
ObfuscateOptions with_preset(ObfuscateOptions options) {
  if (!options.paper) return options;
  if (options.noise.empty()) options.noise = "uniform";
  if (!options.amount) options.amount = 1;
  if (!options.model_amount) options.model_amount = 1;
  if (!options.decoys) options.decoys = 2 * std::max<std::size_t>(1, options.recipe.tasks.size());
  if (!options.links && !options.like) options.links = 1;
  return options;
}

// Only decoys receive, because a network that receives is not what it would be alone.
void mark_link_ends(std::size_t wanted, std::span<Task> tasks) {
  for (std::size_t t = 0; t < tasks.size(); ++t) {
    TaskShape& shape = tasks[t].shape;
    shape.may_send = can_link(*tasks[t].network.model);
    shape.may_receive = shape.may_send && t >= wanted;
  }
}

// What was fitted on data that stays at home, a tokenizer or a table's columns, is the user's only
// copy: it is kept beside the key.
std::vector<std::unique_ptr<StagedOutput>> keep_fitted(const std::vector<TaskSettings>& settings,
                                                       std::span<const Task> wanted,
                                                       const fs::path& key) {
  std::vector<std::unique_ptr<StagedOutput>> outputs;
  const auto keep = [&](std::size_t task, const char* ending, const std::string& content) {
    const fs::path path = key.string() + "." + settings[task].name + ending;
    outputs.push_back(std::make_unique<StagedOutput>(path, StagedOutput::Kind::kFile));
    write_file(outputs.back()->path(), content);
  };
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const Dataset& data = *wanted[i].data;
    if (data.trained_tokenizer) keep(i, ".tokenizer", data.tokenizer->serialised());
    if (data.tabular) keep(i, ".table.json", data.tabular->serialised());
  }
  return outputs;
}

// That the two jobs together do not say which tasks are wanted, and what they say.
void compare_with_old(const ObfuscateOptions& options, const Key& key, const Secret& seed,
                      const Weave& woven, LikeChanges& changes, Cast& cast) {
  const Key& old = *options.like;
  changes.continued = options.trained.has_value();
  if (!changes.continued) check_starts_like(old, key, cast.variants);
  for (std::size_t i = 0; i < cast.tasks.size(); ++i)
    changes.before_them.push_back(task_fingerprint(
        model_at_start(cast.tasks[i].network, seed, woven.subnetwork_of(i)), *cast.tasks[i].data));
  for (std::string& note : like_notes(old, key, cast.tasks, changes))
    cast.alike.push_back(std::move(note));
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
  task.tabular = recipe.tabular;
  task.targets = recipe.targets;
  return task;
}

void check_before_loading(const ObfuscateOptions& given_options) {
  const ObfuscateOptions options = with_preset(given_options);
  check_options(options);
  if (options.seed_hex) seed_from_hex(*options.seed_hex);
  const StagedOutput key(options.key, StagedOutput::Kind::kFile);
  const StagedOutput job(options.job, StagedOutput::Kind::kFolder);
  Findings findings;
  for (const auto* tasks : {&options.recipe.tasks, &options.recipe.decoys})
    for (const TaskSettings& task : *tasks) check_paths(task, findings);
  if (options.trained) findings.collect([&] { read_trained(*options.trained, *options.like); });
  findings.raise();
}

ObfuscateSummary obfuscate(const ObfuscateOptions& given_options) {
  ObfuscateOptions options = with_preset(given_options);
  options.recipe = with_same_data(std::move(options.recipe));
  check_options(options);
  StagedOutput key_output(options.key, StagedOutput::Kind::kFile);
  StagedOutput job_output(options.job, StagedOutput::Kind::kFolder);
  const Secret seed = seed_of(options);

  Given given = load_given(options);
  LikeChanges changes;
  if (options.like) changes.recipes = adopt_plan(*options.like, options.recipe.tasks, given.wanted);
  const Amounts amounts = decide_amounts(options, given);
  const NoiseKind noise = read_noise_kind(options, given, amounts);
  const std::vector<TaskVariants> variants = draw_variants(options, given, amounts, seed);

  Cast cast(given, guests_on_data(options, given, variants[0], seed), amounts);
  const PlanSize size = decide_size(options, cast.tasks, cast.counts);
  cast.alike = choose_rows(size, cast.counts, cast.tasks, seed);
  cast.add(generate_decoys(options, given, variants, {noise, amounts.part}, seed));
  if (options.like) check_tasks_like(*options.like, cast.tasks);
  mark_vocabularies(options.disguise, cast.counts.wanted, cast.tasks);
  if (options.like) check_vocabularies_like(*options.like, cast.tasks);
  if (size.links > 0) mark_link_ends(cast.counts.wanted, cast.tasks);
  share_fields(cast.tasks);

  Weave woven = weave(seed, {cast.tasks.begin(), cast.tasks.end()}, size);
  fit_inputs(woven.plan, woven.tasks, options.threads);
  if (options.like) check_network_like(*options.like, woven.subnetworks);
  if (options.trained) continue_from(*options.trained, *options.like, woven.subnetworks);
  write_job(job_output.path(), woven, options.recipe.job, {options.shard_bytes, options.threads},
            options.progress);
  const Key key = make_key(options, seed, cast.tasks, noise, woven, job_output.path());
  if (options.like) compare_with_old(options, key, seed, woven, changes, cast);
  write_key(key_output.path(), key, options.passphrase);

  ObfuscateSummary summary = summarise(cast, woven, generator_name(noise, cast.tasks[0].tokens),
                                       options, job_output.path());
  const std::vector<std::string> unused = unused_options(given_options, cast);
  summary.notes.insert(summary.notes.begin(), unused.begin(), unused.end());
  const auto fitted = keep_fitted(options.recipe.tasks,
                                  std::span(cast.tasks).first(cast.counts.wanted), options.key);
  std::vector<StagedOutput*> outputs;
  for (const auto& one : fitted) {
    outputs.push_back(one.get());
    summary.fitted.push_back(one->target());
  }
  // A job without its key is worthless, so it comes last.
  outputs.insert(outputs.end(), {&key_output, &job_output});
  commit_together(outputs);
  return summary;
}

}  // namespace amalgam
