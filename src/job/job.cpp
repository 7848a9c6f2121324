#include "job/job.h"

#include <fmt/format.h>

#include <algorithm>

#include "formats/recipe_json.h"
#include "job/files.h"
#include "job/metric_py.h"
#include "job/model_py.h"
#include "job/templates.h"
#include "weave/groups.h"

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

// Makes the files of one job, and keeps the list of them.
class JobMaker {
 public:
  JobMaker(const Weave& weave, const JobSettings& settings, JobFiles& files)
      : weave_(weave), files_(files) {
    manifest_.rows = weave.plan.size.rows;
    manifest_.held_out_rows = weave.plan.size.held_out_rows;
    manifest_.columns = weave.plan.columns;
    manifest_.training = settings;
    manifest_.digest_piece = kDigestPiece;
    for (std::size_t k = 0; k < weave.subnetworks.size(); ++k)
      manifest_.subnetworks.push_back(describe(weave, k));
  }

  // Returns the bytes of all.
  std::uint64_t make(const SampleWeaver& weaver, const std::vector<NamedTensor>& weights,
                     std::uint64_t shard_bytes) {
    text("README.md", job_readme());
    text("requirements.txt", job_requirements());
    text("train.py", train_py());
    text("train.ipynb", train_ipynb());
    text("model.py", model_py(weave_));
    note("weights.safetensors", files_.tensors("weights.safetensors", weights));
    manifest_.train = shards("train", weaver, manifest_.rows, shard_bytes);
    manifest_.valid = shards("valid", weaver, manifest_.held_out_rows, shard_bytes);
    // It can't list itself.
    return bytes_ + files_.text(kManifestName, manifest_text(manifest_)).bytes;
  }

 private:
  void text(const std::string& name, std::string_view content) {
    note(name, files_.text(name, content));
  }

  void note(const std::string& name, ManifestFile file) {
    bytes_ += file.bytes;
    manifest_.files[name] = std::move(file);
  }

  // Cuts `rows` into shards of at most `shard_bytes` and makes them one after another.
  std::vector<ManifestShard> shards(const std::string& split, const SampleWeaver& weaver,
                                    std::uint64_t rows, std::uint64_t shard_bytes) {
    const std::uint64_t per_shard =
        std::max<std::uint64_t>(1, shard_bytes / std::max<std::uint64_t>(1, weaver.sample_bytes()));
    const std::uint64_t count = (rows + per_shard - 1) / per_shard;
    std::vector<ManifestShard> list;
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::string name = fmt::format("data/{}-{:05}-of-{:05}.safetensors", split, i, count);
      const std::uint64_t first = i * per_shard, last = std::min(rows, first + per_shard);
      note(name, files_.samples(name, weaver, {split == "valid", first, last}));
      list.push_back({name, last - first});
    }
    return list;
  }

  const Weave& weave_;
  JobFiles& files_;
  Manifest manifest_;
  std::uint64_t bytes_ = 0;
};

}  // namespace

std::vector<NamedTensor> job_weights(const std::vector<Subnetwork>& network) {
  std::vector<NamedTensor> tensors;
  for (const Subnetwork& sub : network)
    tensors.insert(tensors.end(), sub.tensors.begin(), sub.tensors.end());
  sort_for_alignment(tensors);
  return tensors;
}

std::uint64_t write_job(const fs::path& folder, const Weave& weave, const JobSettings& settings,
                        const JobOptions& options, Progress* progress) {
  const PlanSize& size = weave.plan.size;
  const SampleWeaver weaver(weave.plan, weave.tasks);
  const std::vector<NamedTensor> weights = job_weights(weave.subnetworks);
  if (progress) {
    std::uint64_t total = (size.rows + size.held_out_rows) * weaver.sample_bytes();
    for (const NamedTensor& tensor : weights) total += tensor.tensor.bytes();
    progress->begin("weaving", total);
  }
  JobFolder files(folder, options.threads, progress);
  const std::uint64_t bytes =
      JobMaker(weave, settings, files).make(weaver, weights, options.shard_bytes);
  if (progress) progress->end();
  return bytes;
}

std::uint64_t job_bytes(const Weave& weave, const JobSettings& settings,
                        const JobOptions& options) {
  JobSizes files;
  return JobMaker(weave, settings, files)
      .make(SampleWeaver(weave.plan, weave.tasks), job_weights(weave.subnetworks),
            options.shard_bytes);
}

}  // namespace amalgam
