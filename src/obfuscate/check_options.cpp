#include "obfuscate/check_options.h"

#include <fmt/format.h>

#include "amalgam/dataset.h"
#include "base/counted.h"
#include "base/file.h"
#include "key/key.h"
#include "obfuscate/noise_kind.h"

namespace amalgam {
namespace fs = std::filesystem;
namespace {

// The key comes first: a run that is killed right then leaves a key without a job.
void check_leftover_key(const ObfuscateOptions& options) {
  if (options.job.empty()) return;  // of a dry run
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
      if (!path.empty() && lies_inside(path, data))
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

// Those of one task, where they are paths.
void check_paths(const TaskSettings& task, Findings& findings) {
  for (const std::string* model : {&task.model, &task.eval_model})
    if (!model->empty()) findings.collect([&] { MappedFile::open(*model); });
  for (const std::string* data : {&task.data, &task.validation})
    if (!data->empty()) findings.collect([&] { check_dataset_path(*data); });
}

}  // namespace

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
  if (!options.key.empty() && !options.job.empty() && lies_inside(options.key, options.job))
    throw Error(ErrorCode::kUsage, "--key",
                "lies inside the job, which goes to the cloud; choose a place at home");
  check_noise(options.noise);
  check_leftover_key(options);
  check_inputs_untouched(options);
}

void check_paths(const ObfuscateOptions& options, Findings& findings) {
  for (const auto* tasks : {&options.recipe.tasks, &options.recipe.decoys})
    for (const TaskSettings& task : *tasks) check_paths(task, findings);
}

}  // namespace amalgam
