#include "job/job.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/file.h"
#include "base/staged_output.h"
#include "formats/recipe_json.h"
#include "job/manifest.h"
#include "job/metric_py.h"
#include "job/model_py.h"
#include "job/templates.h"
#include "weave/groups.h"
#include "weave/samples.h"

namespace amalgam {
namespace fs = std::filesystem;
namespace {

Json recipe_of(const TaskNetwork& task, const Subnetwork& sub) {
  Json recipe = train_settings_json(task.train);
  const std::string metric = metric_of(task);
  recipe["metric"] = metric.empty() ? Json() : Json(metric);
  recipe["input"] = input_settings_json(task.input);
  recipe["no_decay"] = Json::array();
  for (std::size_t i : spared_from_decay(*task.model, task.train))
    recipe["no_decay"].push_back(sub.tensor_names[i]);
  recipe["groups"] = groups_json(*task.model, task.train, sub.tensor_names);
  return recipe;
}

ManifestSubnetwork describe(const Weave& weave, std::size_t index) {
  const Subnetwork& sub = weave.subnetworks[index];
  const JobTask& task = weave.tasks[sub.task];
  ManifestSubnetwork out{recipe_of(task.network, sub), task.network.receives.size(), {}};
  for (std::size_t f = 0; f < task.shape.fields.size(); ++f) {
    ManifestField field{task.shape.fields[f].group(), task.network.sample_shapes()[f], "", {}};
    if (field.columns.role == Role::kFeature)
      field.tensor = positions_name(f);
    else
      field.positions = weave.plan.streams[index].fields[f].positions;
    out.fields.push_back(std::move(field));
  }
  return out;
}

// Writes the files of one job, and keeps the list of them.
class JobWriter {
 public:
  JobWriter(const fs::path& folder, Manifest& manifest, Progress* progress)
      : folder_(folder), manifest_(manifest), progress_(progress) {}

  void text(const std::string& name, std::string_view content) {
    write_file(folder_ / name, content);
    note(name, {Blake2b().update(content).finish()}, content.size());
  }

  void tensors(const std::string& name, const std::vector<NamedTensor>& tensors) {
    const WrittenFile written = write_safetensors(folder_ / name, tensors, 0666, progress_);
    note(name, written.digests, written.bytes);
  }

  // Cuts `rows` into shards of at most `shard_bytes` and writes them one after another.
  std::vector<ManifestShard> shards(const std::string& split, const SampleWeaver& weaver,
                                    std::uint64_t rows, const JobOptions& options) {
    const bool held_out = split == "valid";
    const std::uint64_t per_shard = std::max<std::uint64_t>(
        1, options.shard_bytes / std::max<std::uint64_t>(1, weaver.sample_bytes()));
    const std::uint64_t count = (rows + per_shard - 1) / per_shard;
    std::vector<ManifestShard> list;
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::string name = fmt::format("data/{}-{:05}-of-{:05}.safetensors", split, i, count);
      const std::uint64_t first = i * per_shard, last = std::min(rows, first + per_shard);
      tensors(name, weaver.weave(held_out, first, last, options.threads));
      list.push_back({name, last - first});
    }
    return list;
  }

 private:
  void note(const std::string& name, const std::vector<Digest>& digests, std::uint64_t bytes) {
    ManifestFile& file = manifest_.files[name];
    file.bytes = bytes;
    for (const Digest& digest : digests) file.digests.push_back(to_hex(digest));
  }

  fs::path folder_;
  Manifest& manifest_;
  Progress* progress_;
};

}  // namespace

std::vector<NamedTensor> job_weights(const std::vector<Subnetwork>& network) {
  std::vector<NamedTensor> tensors;
  for (const Subnetwork& sub : network)
    tensors.insert(tensors.end(), sub.tensors.begin(), sub.tensors.end());
  sort_for_alignment(tensors);
  return tensors;
}

void write_job(const fs::path& folder, const Weave& weave, const JobSettings& settings,
               const JobOptions& options, Progress* progress) {
  const Plan& plan = weave.plan;
  const SampleWeaver weaver(plan, weave.tasks);
  const std::vector<NamedTensor> weights = job_weights(weave.subnetworks);
  if (progress) {
    std::uint64_t total = (plan.size.rows + plan.size.held_out_rows) * weaver.sample_bytes();
    for (const NamedTensor& tensor : weights) total += tensor.tensor.bytes();
    progress->begin("weaving", total);
  }
  Manifest manifest;
  manifest.rows = plan.size.rows;
  manifest.held_out_rows = plan.size.held_out_rows;
  manifest.columns = plan.columns;
  manifest.training = settings;
  manifest.digest_piece = kDigestPiece;
  for (std::size_t k = 0; k < weave.subnetworks.size(); ++k)
    manifest.subnetworks.push_back(describe(weave, k));
  create_folder(folder / "data");
  JobWriter writer(folder, manifest, progress);
  writer.text("README.md", job_readme());
  writer.text("requirements.txt", job_requirements());
  writer.text("train.py", train_py());
  writer.text("train.ipynb", train_ipynb());
  writer.text("model.py", model_py(weave));
  writer.tensors("weights.safetensors", weights);
  manifest.train = writer.shards("train", weaver, plan.size.rows, options);
  manifest.valid = writer.shards("valid", weaver, plan.size.held_out_rows, options);
  write_manifest(folder, manifest);
  if (progress) progress->end();
}

}  // namespace amalgam
