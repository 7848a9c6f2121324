#include "amalgam/verify.h"

#include <fmt/format.h>

#include <limits>
#include <map>
#include <set>

#include "amalgam/model.h"
#include "base/file.h"
#include "base/json.h"
#include "base/staged_output.h"
#include "base/temporary_folder.h"
#include "job/code.h"
#include "job/manifest.h"
#include "key/plan_of_key.h"
#include "task/same_data.h"
#include "verify/compare.h"
#include "verify/plain_run.h"
#include "verify/plain_script.h"
#include "verify/process.h"
#include "verify/settings.h"
#include "weave/vocabulary.h"

namespace amalgam {
namespace fs = std::filesystem;
namespace {

constexpr const char* kScript = "plain_training.py";

// Honest runs are apart by chance, and another pair may be farther: so many times as far is
// allowed.
constexpr double kHonestFactor = 4;

Manifest manifest_of(const Key& key, const fs::path& job) {
  if (manifest_digest(job) != key.job_digest)
    throw Error(ErrorCode::kKey, job.string(),
                "is not the job that this key was made with, or its job.json was changed");
  return read_manifest(job);
}

void check_python(const VerifyOptions& options, const fs::path& folder) {
  const ProcessResult result = run_process(
      python_code(options.python, "import numpy, safetensors, torch, tqdm"), folder / "python.txt");
  if (result.status != 0)
    throw Error(ErrorCode::kIo, options.python,
                "lacks what training needs (" + result.last_line + "); name another with --python");
}

TaskSettings find_settings(const Recipe& recipe, const std::string& name) {
  for (const TaskSettings& settings : recipe.tasks)
    if (settings.name == name) return settings;
  throw Error(ErrorCode::kInvalid, "task '" + name + "'",
              "is wanted by the key, but neither the recipe nor --model and --data give it");
}

Task load_wanted(const KeyWanted& wanted, const Key& key, const VerifyOptions& options) {
  DatasetOptions reading;
  reading.images = options.images;
  reading.text.library = options.text;
  reading.skip_damaged = key.skip_damaged;
  TaskSettings settings = find_settings(with_same_data(options.recipe), wanted.name);
  // Decoys need not be given again.
  settings.others_targets = wanted.others_targets;
  Task task = load_task(settings, options.recipe.job, reading);
  const KeyTask& made = key.tasks[wanted.task];
  if (task.content != made.content && task.content != made.at_start)
    throw Error(ErrorCode::kInvalid, "task '" + wanted.name + "'",
                "its model or data is not what the job was made from; give the data as obfuscate "
                "had it, and the model with its values of then or those of the job's start, not "
                "what was trained since");
  return task;
}

// Tokens, too, because another version of a tokenizer may cut differently where two ways are as
// likely.
void keep_samples(const fs::path& work, const fs::path& out) {
  for (const auto& entry : fs::directory_iterator(work)) {
    const std::string name = entry.path().filename().string();
    if (name.ends_with(".npy") && name != "rows.npy" && name != "numbers.npy")
      fs::copy_file(entry.path(), out / name);
  }
}

void keep_plain(const fs::path& work, const KeyWanted& wanted, const Stream& stream,
                const fs::path& out) {
  create_folder(out);
  write_rows(out / "rows.npy", stream.rows);
  if (!stream.held_out.empty()) write_rows(out / "held_out_rows.npy", stream.held_out);
  fs::copy_file(work / "start.safetensors", out / "start.safetensors");
  fs::copy_file(work / "weights.safetensors", out / "weights.safetensors");
  fs::copy_file(work / "recipe.json", out / "recipe.json");
  const Json number = {
      {"subnetwork", wanted.subnetwork},
      {"held_out_rows_from", stream.held_out_from_training ? "training" : "validation"}};
  write_file(out / "subnetwork.json", number.dump() + "\n");
}

std::vector<NamedTensor> train_job(const VerifyOptions& options, const fs::path& work) {
  const fs::path result = work / "result";
  const ProcessResult run =
      run_process({options.python, (work / "job" / "train.py").string(), "--device", "cpu", "--out",
                   result.string(), "--max-steps", std::to_string(options.steps)},
                  work / "job.txt");
  if (run.status != 0)
    throw Error(ErrorCode::kIo, options.job.string(), "its train.py failed: " + run.last_line);
  return read_safetensors(result / "trained.safetensors");
}

// Of what the job gave back, one task's tensors under the user's names. Those that are missing stay
// so, and those of another form keep it: that is for the comparison to say.
std::vector<NamedTensor> tensors_of(const KeyWanted& wanted, const Key& key, const Stream& stream,
                                    const std::vector<NamedTensor>& trained) {
  std::map<std::string, const Tensor*> found;
  for (const NamedTensor& named : trained) found[named.name] = &named.tensor;
  std::map<std::string, const KeyTensor*> expected;
  for (const KeyTensor& tensor : key.trained) expected[tensor.name] = &tensor;
  std::vector<NamedTensor> out;
  for (const KeyMapping& mapping : wanted.tensors) {
    const auto at = found.find(mapping.job_name);
    if (at == found.end()) continue;
    const bool back =
        mapping.renumbered && at->second->shape == expected.at(mapping.job_name)->shape;
    const std::string prefix = mapping.of_loss ? "loss." : "";
    for (const std::string& name : mapping.user_names)
      out.push_back(
          {prefix + name, back ? numbered_back(*at->second, stream.numbers) : *at->second});
  }
  return out;
}

// Names that the trained file has beyond the job's, or lacks, whichever task they belong to.
std::vector<Difference> differences_of_names(const Key& key,
                                             const std::vector<NamedTensor>& trained) {
  std::set<std::string> expected, found, wanted;
  for (const KeyTensor& tensor : key.trained) expected.insert(tensor.name);
  for (const NamedTensor& named : trained) found.insert(named.name);
  for (const KeyWanted& task : key.wanted)
    for (const KeyMapping& mapping : task.tensors) wanted.insert(mapping.job_name);
  std::vector<Difference> out;
  constexpr double kNone = std::numeric_limits<double>::infinity();
  for (const std::string& name : found)
    if (!expected.count(name))
      out.push_back({name, kNone, kNone, "is in the trained file, but not in the job"});
  for (const std::string& name : expected)
    if (!found.count(name) && !wanted.count(name))
      out.push_back({name, kNone, kNone, "is in the job, but not in the trained file"});
  return out;
}

// The proof for one wanted task.
class Proof {
 public:
  Proof(const Task& task, const TaskSettings& settings, const Stream& stream,
        const std::vector<NamedTensor>& start, const VerifyOptions& options, fs::path work)
      : run_{task, settings, stream, start, !stream.numbers.empty() && !task.vocabulary.exact},
        options_(options),
        work_(std::move(work)) {}

  VerifiedTask compare_with(const std::vector<NamedTensor>& job) {
    const std::vector<NamedTensor> plain = train("plain", run_);
    const Comparison comparison = compare(job, plain);
    VerifiedTask result;
    result.name = run_.settings.name;
    result.tensors = comparison.tensors, result.identical = comparison.identical;
    result.differences = comparison.differences;
    result.distance = comparison.distance();
    result.weakened_by = weakened_by(plain);
    // Where plain training gives the same bits each time, so must the job; else honest runs say how
    // far one may be from another.
    if (!comparison.differences.empty() && comparison.comparable())
      if (const Comparison again = compare(train("again", run_), plain); again.comparable())
        result.bound = HonestBound{again.distance(), kHonestFactor * again.distance()};
    return result;
  }

  // With the weights of a plain run under the user's own numbers.
  fs::path plain_folder() const { return work_ / (run_.numbered ? "own" : "plain"); }

 private:
  std::vector<NamedTensor> train(const std::string& name, const PlainRun& run) const {
    run_plain(run, options_, work_.parent_path() / kScript, work_ / name);
    return read_safetensors(work_ / name / "weights.safetensors");
  }

  std::vector<std::string> weakened_by(const std::vector<NamedTensor>& plain) const {
    std::vector<std::string> reasons;
    const std::string& precision = options_.recipe.job.precision;
    if (precision != "fp32" && casts_by_itself(*run_.task.network.model))
      reasons.push_back(
          precision +
          " over a graph that casts by itself (the export holds the casts of fp32; the "
          "job is compared with the export)");
    if (!run_.numbered) return reasons;
    PlainRun own = run_;
    own.numbered = false;
    reasons.push_back(fmt::format(
        "tokens that are numbered anew under a softmax over the vocabulary, or with clipping (the "
        "job is compared with plain training under its numbers, which differs from that under your "
        "own by up to {})",
        largest_text(compare(train("own", own), plain))));
    return reasons;
  }

  PlainRun run_;
  const VerifyOptions& options_;
  fs::path work_;
};

}  // namespace

void check_before_loading(const VerifyOptions& options) {
  const Key key = open_key(options.key, options.passphrase);
  check_code(options.job, manifest_of(key, options.job));
  for (const KeyWanted& wanted : key.wanted) find_settings(options.recipe, wanted.name);
  if (options.plain) StagedOutput(*options.plain, StagedOutput::Kind::kFolder);
}

std::vector<std::pair<std::string, std::string>> plain_training_files() {
  return {{kScript, std::string(plain_training_py())},
          {"plain_fields.py", std::string(plain_fields_py())},
          {"plain_schedule.py", std::string(plain_schedule_py())},
          {"plain_program.py", std::string(plain_program_py())}};
}

std::vector<VerifiedTask> verify(const VerifyOptions& options) {
  const Key key = open_key(options.key, options.passphrase);
  const Manifest manifest = manifest_of(key, options.job);
  check_code(options.job, manifest);
  std::optional<StagedOutput> kept;
  if (options.plain) kept.emplace(*options.plain, StagedOutput::Kind::kFolder);
  std::vector<Task> tasks;
  for (const KeyWanted& wanted : key.wanted) tasks.push_back(load_wanted(wanted, key, options));
  const TemporaryFolder work("verify");
  check_python(options, work.path());
  for (const auto& [name, content] : plain_training_files())
    write_file(work.path() / name, content);

  const Plan plan = plan_of_key(key);
  lay_out_job(options.job, manifest, work.path() / "job");
  const std::vector<NamedTensor> initial =
      read_safetensors(work.path() / "job" / "weights.safetensors");
  const std::vector<NamedTensor> trained = train_job(options, work.path());
  std::vector<VerifiedTask> results;
  for (std::size_t i = 0; i < key.wanted.size(); ++i) {
    const KeyWanted& wanted = key.wanted[i];
    const Stream& stream = plan.streams[wanted.subnetwork];
    const fs::path folder = work.path() / ("task-" + wanted.name);
    fs::create_directory(folder);
    const TaskSettings& settings = find_settings(options.recipe, wanted.name);
    const std::vector<NamedTensor> start = tensors_of(wanted, key, stream, initial);
    Proof proof(tasks[i], settings, stream, start, options, folder);
    results.push_back(proof.compare_with(tensors_of(wanted, key, stream, trained)));
    results.back().other_settings =
        other_settings(options.recipe.job, settings.train, manifest, wanted.subnetwork);
    if (kept) keep_plain(proof.plain_folder(), wanted, stream, kept->path() / wanted.name);
    if (kept && tasks[i].data->tokenizer)
      keep_samples(proof.plain_folder(), kept->path() / wanted.name);
  }
  auto& all = results.front().differences;
  const auto names = differences_of_names(key, trained);
  all.insert(all.end(), names.begin(), names.end());
  if (!names.empty()) results.front().bound.reset();
  if (kept) kept->commit();
  return results;
}

}  // namespace amalgam
