#include "job/job.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/file.h"
#include "base/json.h"
#include "base/staged_output.h"
#include "formats/recipe_json.h"
#include "job/model_py.h"
#include "job/templates.h"

namespace amalgam {
namespace fs = std::filesystem;
namespace {

Json undecayed(const TaskNetwork& task, const Subnetwork& sub) {
  Json names = Json::array();
  for (std::size_t i : spared_from_decay(*task.model, task.train))
    names.push_back(sub.tensor_names[i]);
  return names;
}

// Which columns a sub-network reads, and as what: model.py says the same in code.
void add_columns(Json& json, const TaskNetwork& task, const TaskShape& shape,
                 const Stream& stream) {
  json["features"] = Json::array();
  for (std::size_t f = 0; f < shape.features.size(); ++f)
    json["features"].push_back(
        {{"tensor", fmt::format("x.{}", dtype_name(shape.features[f].dtype))},
         {"positions", positions_name(f)},
         {"shape", task.sample_shapes[f]}});
  json["targets"] = Json();
  if (shape.targets)
    json["targets"] = {{"tensor", fmt::format("y.{}", dtype_name(shape.targets->dtype))},
                       {"columns", stream.targets},
                       {"shape", task.target_shape}};
}

Json subnetwork_json(const JobParts& parts, std::size_t index) {
  const Subnetwork& sub = (*parts.network)[index];
  const TaskNetwork& task = (*parts.networks)[sub.task];
  Json json = train_settings_json(task.train);
  json["no_decay"] = undecayed(task, sub);
  json["receives"] = task.receives.size();
  add_columns(json, task, (*parts.shapes)[sub.task], parts.plan->streams[index]);
  return json;
}

Json columns_json(const Plan& plan) {
  Json columns = Json::object();
  for (const auto& [dtype, count] : plan.feature_columns)
    columns[fmt::format("x.{}", dtype_name(dtype))] = count;
  for (const auto& [dtype, count] : plan.target_columns)
    columns[fmt::format("y.{}", dtype_name(dtype))] = count;
  return columns;
}

// Writes the files of one job and keeps the list of them.
class JobWriter {
 public:
  JobWriter(const fs::path& folder, Progress* progress) : folder_(folder), progress_(progress) {}

  void text(const std::string& name, std::string_view content) {
    OutputFile out(folder_ / name);
    out.write(content);
    out.close();
    note(name, {Blake2b().update(content).finish()}, content.size());
  }

  void tensors(const std::string& name, const std::vector<NamedTensor>& tensors) {
    const WrittenFile written = write_safetensors(folder_ / name, tensors, 0666, progress_);
    note(name, written.digests, written.bytes);
  }

  // Cuts `rows` into shards of at most `shard_bytes` and writes them one after another.
  Json shards(const std::string& split, const SampleWeaver& weaver, std::uint64_t rows,
              const JobOptions& options) {
    const bool held_out = split == "valid";
    const std::uint64_t per_shard = std::max<std::uint64_t>(
        1, options.shard_bytes / std::max<std::uint64_t>(1, weaver.sample_bytes()));
    const std::uint64_t count = (rows + per_shard - 1) / per_shard;
    Json list = Json::array();
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::string name = fmt::format("data/{}-{:05}-of-{:05}.safetensors", split, i, count);
      const std::uint64_t first = i * per_shard, last = std::min(rows, first + per_shard);
      tensors(name, weaver.weave(held_out, first, last, options.threads));
      list.push_back({{"file", name}, {"rows", last - first}});
    }
    return list;
  }

  const Json& files() const { return files_; }

 private:
  void note(const std::string& name, const std::vector<Digest>& digests, std::uint64_t bytes) {
    Json list = Json::array();
    for (const Digest& digest : digests) list.push_back(to_hex(digest));
    files_[name] = {{"bytes", bytes}, {"blake2b", list}};
  }

  fs::path folder_;
  Progress* progress_;
  Json files_ = Json::object();
};

void write_manifest(const fs::path& folder, const JobParts& parts, const Json& shards,
                    const Json& files) {
  Json subnetworks = Json::array();
  for (std::size_t i = 0; i < parts.network->size(); ++i)
    subnetworks.push_back(subnetwork_json(parts, i));
  const JobSettings& settings = parts.settings;
  const Json manifest = {{"format", kJobFormat},
                         {"rows", parts.plan->rows},
                         {"held_out_rows", parts.plan->held_out_rows},
                         {"columns", columns_json(*parts.plan)},
                         {"training",
                          {{"epochs", settings.epochs},
                           {"batch_size", settings.batch_size},
                           {"precision", settings.precision},
                           {"seed", settings.seed}}},
                         {"subnetworks", subnetworks},
                         {"shards", shards},
                         {"digest_piece", kDigestPiece},
                         {"files", files}};
  OutputFile out(folder / "job.json");
  out.write(manifest.dump(2) + "\n");
  out.close();
}

}  // namespace

std::vector<NamedTensor> job_weights(const std::vector<Subnetwork>& network) {
  std::vector<NamedTensor> tensors;
  for (const Subnetwork& sub : network)
    tensors.insert(tensors.end(), sub.tensors.begin(), sub.tensors.end());
  sort_for_alignment(tensors);
  return tensors;
}

void write_job(const fs::path& folder, const JobParts& parts, const JobOptions& options,
               Progress* progress) {
  JobWriter writer(folder, progress);
  const std::vector<NamedTensor> weights = job_weights(*parts.network);
  if (progress) {
    std::uint64_t total =
        (parts.plan->rows + parts.plan->held_out_rows) * parts.weaver->sample_bytes();
    for (const NamedTensor& tensor : weights) total += tensor.tensor.bytes();
    progress->begin("weaving", total);
  }
  create_folder(folder / "data");
  writer.text("README.md", job_readme());
  writer.text("requirements.txt", job_requirements());
  writer.text("train.py", train_py());
  writer.text("train.ipynb", train_ipynb());
  writer.text("model.py", model_py(*parts.plan, *parts.shapes, *parts.networks, *parts.network));
  writer.tensors("weights.safetensors", weights);
  Json shards = Json::object();
  shards["train"] = writer.shards("train", *parts.weaver, parts.plan->rows, options);
  shards["valid"] = writer.shards("valid", *parts.weaver, parts.plan->held_out_rows, options);
  write_manifest(folder, parts, shards, writer.files());
  if (progress) progress->end();
}

}  // namespace amalgam
