#include "amalgam/obfuscate.h"

#include <algorithm>
#include <list>

#include "amalgam/model.h"
#include "base/file.h"
#include "base/staged_output.h"
#include "extract/trained.h"
#include "job/job.h"
#include "job/manifest.h"
#include "key/key.h"
#include "obfuscate/cast.h"
#include "obfuscate/check_options.h"
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

// Everything of a job but its files.
struct Woven {
  NoiseKind noise;
  LikeChanges changes;
  Cast cast;
  Weave weave;
};

// Here alone it is said which tasks are wanted. `weights` are the job's.
Key make_key(const ObfuscateOptions& options, const Secret& seed, const Woven& made,
             const std::vector<NamedTensor>& weights) {
  const Weave& woven = made.weave;
  const std::vector<Task>& tasks = made.cast.tasks;
  Key key;
  key.size = woven.plan.size;
  key.skip_damaged = options.skip_damaged;
  key.seed = std::make_shared<const Secret>(seed.clone());
  key.epochs = options.recipe.job.epochs;
  key.batch_size = options.recipe.job.batch_size;
  key.trained = key_tensors(woven, weights);
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    const std::size_t place = woven.subnetwork_of(i);
    const Model start = options.trained ? continued_model(tasks[i], woven, place)
                                        : model_at_start(tasks[i].network, seed, place);
    key.tasks.push_back(key_task(tasks[i], task_fingerprint(start, *tasks[i].data), made.noise));
  }
  for (std::size_t i = 0; i < options.recipe.tasks.size(); ++i)
    key.wanted.push_back(key_wanted(options.recipe.tasks[i], tasks[i], i, woven));
  return key;
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
struct Fitted {
  fs::path path;
  std::string content;
};

std::vector<Fitted> fitted_of(const std::vector<TaskSettings>& settings, const Cast& cast,
                              const fs::path& key) {
  std::vector<Fitted> files;
  const auto keep = [&](std::size_t task, const char* ending, std::string content) {
    files.push_back({key.string() + "." + settings[task].name + ending, std::move(content)});
  };
  for (std::size_t i = 0; i < cast.counts.wanted; ++i) {
    const Dataset& data = *cast.tasks[i].data;
    if (data.trained_tokenizer) keep(i, ".tokenizer", data.tokenizer->serialised());
    if (data.tabular) keep(i, ".table.json", data.tabular->serialised());
  }
  return files;
}

// That the two jobs together do not say which tasks are wanted, and what they say.
void compare_with_old(const ObfuscateOptions& options, const Secret& seed, const Key& key,
                      Woven& made) {
  const Key& old = *options.like;
  Cast& cast = made.cast;
  made.changes.continued = options.trained.has_value();
  if (!made.changes.continued) check_starts_like(old, key, cast.variants);
  for (std::size_t i = 0; i < cast.tasks.size(); ++i)
    made.changes.before_them.push_back(
        task_fingerprint(model_at_start(cast.tasks[i].network, seed, made.weave.subnetwork_of(i)),
                         *cast.tasks[i].data));
  for (std::string& note : like_notes(old, key, cast.tasks, made.changes))
    cast.alike.push_back(std::move(note));
}

Secret seed_of(const ObfuscateOptions& options) {
  if (options.like) return options.like->seed->clone();
  return options.seed_hex ? seed_from_hex(*options.seed_hex) : Secret::random(kSeedBytes);
}

ObfuscateOptions with_preset_and_checks(const ObfuscateOptions& given) {
  ObfuscateOptions options = with_preset(given);
  options.recipe = with_same_data(std::move(options.recipe));
  check_options(options);
  return options;
}

// Loads, draws and weaves: a function of the options and the seed.
Woven weave_tasks(const ObfuscateOptions& options, const Secret& seed) {
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
  return {noise, std::move(changes), std::move(cast), std::move(woven)};
}

JobOptions job_options(const ObfuscateOptions& options) {
  return {options.shard_bytes, options.threads};
}

// `given` are the options as they were before the preset.
ObfuscateSummary summary_of(const ObfuscateOptions& given, const ObfuscateOptions& options,
                            const Woven& made, std::uint64_t bytes) {
  const Cast& cast = made.cast;
  ObfuscateSummary summary =
      summarise(cast, made.weave, generator_name(made.noise, cast.tasks[0].tokens), options, bytes);
  const std::vector<std::string> unused = unused_options(given, cast);
  summary.notes.insert(summary.notes.begin(), unused.begin(), unused.end());
  return summary;
}

// The places of a dry run's outputs, those that are given.
std::list<OutputPlace> check_places(const ObfuscateOptions& options) {
  std::list<OutputPlace> places;
  for (const fs::path* path : {&options.key, &options.job})
    if (!path->empty()) places.emplace_back(*path).check_writable();
  return places;
}

ObfuscateSummary try_out(const ObfuscateOptions& given) {
  const ObfuscateOptions options = with_preset_and_checks(given);
  std::list<OutputPlace> places = check_places(options);
  const Secret seed = seed_of(options);
  Woven made = weave_tasks(options, seed);
  if (options.like)
    compare_with_old(options, seed,
                     make_key(options, seed, made, job_weights(made.weave.subnetworks)), made);
  const std::uint64_t bytes = job_bytes(made.weave, options.recipe.job, job_options(options));
  ObfuscateSummary summary = summary_of(given, options, made, bytes);
  const bool named = !options.key.empty();
  for (Fitted& one : fitted_of(options.recipe.tasks, made.cast, named ? options.key : "KEY")) {
    if (named) places.emplace_back(one.path);
    summary.fitted.push_back(std::move(one.path));
  }
  summary.draws_anew = !options.seed_hex && !options.like;
  if (summary.draws_anew)
    summary.notes.emplace_back(
        "This draw is for the summary alone: the real run draws anew, so that its numbers and "
        "notes may differ a little, unless both have the same --seed.");
  return summary;
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
  if (options.dry_run) {
    check_places(options);
  } else {
    const StagedOutput key(options.key, StagedOutput::Kind::kFile);
    const StagedOutput job(options.job, StagedOutput::Kind::kFolder);
  }
  Findings findings;
  check_paths(options, findings);
  if (options.trained) findings.collect([&] { read_trained(*options.trained, *options.like); });
  findings.raise();
}

ObfuscateSummary obfuscate(const ObfuscateOptions& given_options) {
  if (given_options.dry_run) return try_out(given_options);
  const ObfuscateOptions options = with_preset_and_checks(given_options);
  StagedOutput key_output(options.key, StagedOutput::Kind::kFile);
  StagedOutput job_output(options.job, StagedOutput::Kind::kFolder);
  const Secret seed = seed_of(options);
  Woven made = weave_tasks(options, seed);
  const std::uint64_t bytes = write_job(job_output.path(), made.weave, options.recipe.job,
                                        job_options(options), options.progress);
  Key key =
      make_key(options, seed, made, read_safetensors(job_output.path() / "weights.safetensors"));
  key.job_digest = manifest_digest(job_output.path());
  if (options.like) compare_with_old(options, seed, key, made);
  write_key(key_output.path(), key, options.passphrase);

  ObfuscateSummary summary = summary_of(given_options, options, made, bytes);
  std::list<StagedOutput> fitted;
  std::vector<StagedOutput*> outputs;
  for (const Fitted& one : fitted_of(options.recipe.tasks, made.cast, options.key)) {
    outputs.push_back(&fitted.emplace_back(one.path, StagedOutput::Kind::kFile));
    write_file(outputs.back()->path(), one.content);
    summary.fitted.push_back(one.path);
  }
  // A job without its key is worthless, so it comes last.
  outputs.insert(outputs.end(), {&key_output, &job_output});
  commit_together(outputs);
  return summary;
}

}  // namespace amalgam
