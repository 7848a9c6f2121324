#include "amalgam/verify.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <map>

#include "amalgam/model.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "extract/trained.h"
#include "key/plan_of_key.h"
#include "verify/plain_run.h"
#include "verify/plain_script.h"
#include "verify/process.h"

namespace amalgam {
namespace fs = std::filesystem;
namespace {

void check_job(const Key& key, const fs::path& job) {
  const auto manifest = MappedFile::open(job / "job.json");
  if (to_hex(Blake2b().update(manifest->bytes()).finish()) != key.job_digest)
    throw Error(ErrorCode::kKey, job.string(),
                "is not the job that this key was made with, or its job.json was changed");
}

void check_python(const VerifyOptions& options, const fs::path& folder) {
  const ProcessResult result = run_process(
      {options.python, "-c", "import numpy, safetensors, torch, tqdm"}, folder / "python.txt");
  if (result.status != 0)
    throw Error(ErrorCode::kIo, options.python,
                "lacks what training needs (" + result.last_line + "); name another with --python");
}

const TaskSettings& find_settings(const Recipe& recipe, const std::string& name) {
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
  Task task = load_task(find_settings(options.recipe, wanted.name), options.recipe.job, reading);
  if (task.content != key.tasks[wanted.task].content)
    throw Error(ErrorCode::kInvalid, "task '" + wanted.name + "'",
                "its model or data is not what the job was made from");
  return task;
}

double largest_difference(const Tensor& a, const Tensor& b) {
  if (a.dtype != b.dtype || a.shape != b.shape || a.dtype != DType::kFloat32)
    return std::numeric_limits<double>::infinity();
  double largest = 0;
  const Bytes left = a.source->view(), right = b.source->view();
  for (std::size_t at = 0; at < left.size(); at += 4)
    largest = std::max(largest, std::abs(static_cast<double>(load_le<float>(left, at)) -
                                         static_cast<double>(load_le<float>(right, at))));
  return largest;
}

Tensor in_memory(const Tensor& tensor) {
  std::vector<std::byte> bytes(tensor.bytes());
  tensor.source->read(0, bytes);
  return {tensor.dtype, tensor.shape, memory_source(std::move(bytes))};
}

VerifiedTask compare(const std::string& name, const std::vector<NamedTensor>& extracted,
                     const fs::path& plain_path) {
  const std::vector<NamedTensor> plain = read_safetensors(plain_path);
  std::map<std::string, const Tensor*> by_name;
  for (const NamedTensor& named : plain) by_name[named.name] = &named.tensor;
  VerifiedTask result;
  result.name = name;
  for (const NamedTensor& named : extracted) {
    ++result.tensors;
    const auto found = by_name.find(named.name);
    if (found == by_name.end()) {
      result.differences.push_back({named.name, std::numeric_limits<double>::infinity()});
      continue;
    }
    const Tensor a = in_memory(named.tensor), &b = *found->second;
    if (a.dtype == b.dtype && a.shape == b.shape &&
        as_text(a.source->view()) == as_text(b.source->view()))
      ++result.identical;
    else
      result.differences.push_back({named.name, largest_difference(a, b)});
  }
  return result;
}

// Tokens, too, because another version of a tokenizer may cut differently where two ways are as
// likely.
void keep_samples(const fs::path& work, const fs::path& out) {
  for (const auto& entry : fs::directory_iterator(work)) {
    const std::string name = entry.path().filename().string();
    if (name.ends_with(".npy") && name != "rows.npy") fs::copy_file(entry.path(), out / name);
  }
}

void keep_plain(const fs::path& work, const KeyWanted& wanted, const Stream& stream,
                const fs::path& out) {
  fs::create_directories(out);
  write_rows(out / "rows.npy", stream.rows);
  if (!stream.held_out.empty()) write_rows(out / "held_out_rows.npy", stream.held_out);
  fs::copy_file(work / "weights.safetensors", out / "weights.safetensors");
  OutputFile number(out / "subnetwork.json");
  number.write(
      Json{{"subnetwork", wanted.subnetwork},
           {"held_out_rows_from", stream.held_out_from_training ? "training" : "validation"}}
          .dump() +
      "\n");
  number.close();
}

std::vector<NamedTensor> train_job(const Key& key, const VerifyOptions& options,
                                   const fs::path& work) {
  const fs::path result = work / "result";
  const ProcessResult run =
      run_process({options.python, (options.job / "train.py").string(), "--device", "cpu", "--out",
                   result.string(), "--max-steps", std::to_string(options.steps)},
                  work / "job.txt");
  if (run.status != 0)
    throw Error(ErrorCode::kIo, options.job.string(), "its train.py failed: " + run.last_line);
  return read_trained(result / "trained.safetensors", key, key.wanted);
}

}  // namespace

std::vector<VerifiedTask> verify(const VerifyOptions& options) {
  const Key key = read_key(options.key, options.passphrase);
  check_job(key, options.job);
  std::optional<StagedOutput> kept;
  if (options.plain) kept.emplace(*options.plain, StagedOutput::Kind::kFolder);
  std::vector<Task> tasks;
  for (const KeyWanted& wanted : key.wanted) tasks.push_back(load_wanted(wanted, key, options));
  const TemporaryFolder work("verify");
  check_python(options, work.path());
  OutputFile script(work.path() / "plain_training.py");
  script.write(plain_training_py());
  script.close();

  const Plan plan = plan_of_key(key);
  const std::vector<NamedTensor> trained = train_job(key, options, work.path());
  std::vector<VerifiedTask> results;
  for (std::size_t i = 0; i < key.wanted.size(); ++i) {
    const KeyWanted& wanted = key.wanted[i];
    const Stream& stream = plan.streams[wanted.subnetwork];
    const fs::path folder = work.path() / wanted.name;
    fs::create_directory(folder);
    run_plain(tasks[i], find_settings(options.recipe, wanted.name), stream, options,
              work.path() / "plain_training.py", folder);
    const auto extracted = user_tensors(wanted, plan, trained);
    results.push_back(compare(wanted.name, extracted, folder / "weights.safetensors"));
    if (options.recipe.job.precision == "bf16" && casts_by_itself(*tasks[i].network.model))
      results.back().weakened_by.push_back("bf16 over a graph that casts by itself");
    if (!stream.numbers.empty() && !tasks[i].vocabulary.exact)
      results.back().weakened_by.push_back(
          "tokens that are numbered anew under a softmax over the vocabulary, or with clipping");
    if (kept) keep_plain(folder, wanted, stream, kept->path() / wanted.name);
    if (kept && tasks[i].data->tokenizer) keep_samples(folder, kept->path() / wanted.name);
  }
  if (kept) kept->commit();
  return results;
}

}  // namespace amalgam
