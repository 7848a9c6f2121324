#include "extract/trained.h"

#include <fmt/format.h>

#include <map>

#include "base/file.h"
#include "base/parallel.h"
#include "extract/belongs.h"
#include "extract/values.h"
#include "formats/tensor_digest.h"
#include "key/plan_of_key.h"
#include "weave/vocabulary.h"

namespace amalgam {
namespace {

using ByName = std::map<std::string, const Tensor*>;

ByName by_name(const std::vector<NamedTensor>& tensors) {
  ByName map;
  for (const NamedTensor& named : tensors) map[named.name] = &named.tensor;
  return map;
}

std::string describe(DType dtype, const Shape& shape) {
  return fmt::format("{} {}", dtype_name(dtype), to_string(shape));
}

void refuse_pickle(const std::filesystem::path& path) {
  const auto file = MappedFile::open(path);
  const std::string_view text = as_text(file->bytes());
  if (looks_like_safetensors(path)) return;
  const bool protocol = text.size() > 1 && text[0] == '\x80' && text[1] >= 2 && text[1] <= 5;
  if (text.starts_with("PK\x03\x04") || protocol)
    throw Error(ErrorCode::kDamaged, path.string(),
                "is a pickled PyTorch file, which is never read: it could run code; the job writes "
                "result/trained.safetensors");
}

// It holds all that training continues from, under names of its own.
void refuse_checkpoint(const std::string& where, const SafetensorsFile& file) {
  const auto kind = file.metadata.find("kind");
  bool found = kind != file.metadata.end() && kind->second == "checkpoint";
  for (const NamedTensor& named : file.tensors) found = found || named.name.starts_with("network.");
  if (found)
    throw Error(ErrorCode::kTrained, where,
                "is a checkpoint; result/trained.safetensors is what comes back");
}

void check_manifest(const std::string& where, const ByName& found, const Key& key) {
  Findings findings;
  std::map<std::string, const KeyTensor*> expected;
  for (const KeyTensor& tensor : key.trained) expected[tensor.name] = &tensor;
  for (const auto& [name, tensor] : expected) {
    const auto at = found.find(name);
    if (at == found.end())
      findings.add(ErrorCode::kTrained, where, fmt::format("lacks the tensor '{}'", name));
    else if (at->second->dtype != tensor->dtype || at->second->shape != tensor->shape)
      findings.add(ErrorCode::kTrained, where,
                   fmt::format("tensor '{}' is {}, expected {}", name,
                               describe(at->second->dtype, at->second->shape),
                               describe(tensor->dtype, tensor->shape)));
  }
  for (const auto& [name, tensor] : found)
    if (!expected.count(name))
      findings.add(ErrorCode::kTrained, where,
                   fmt::format("has the tensor '{}', which the job does not", name.substr(0, 120)));
  findings.raise();
}

std::vector<NamedTensor> in_order(const Key& key, const ByName& found) {
  std::vector<NamedTensor> tensors;
  for (const KeyTensor& tensor : key.trained)
    tensors.push_back({tensor.name, *found.at(tensor.name)});
  return tensors;
}

std::vector<std::string> digests_of(const std::vector<NamedTensor>& tensors) {
  std::vector<std::string> digests(tensors.size());
  parallel_blocks(0, tensors.size(),
                  [&](std::uint64_t i) { digests[i] = tensor_digest(tensors[i].tensor); });
  return digests;
}

}  // namespace

TrainedFile read_trained(const std::filesystem::path& path, const Key& key) {
  const std::string where = path.string();
  refuse_pickle(path);
  const SafetensorsFile file = read_safetensors_file(path);
  refuse_checkpoint(where, file);
  check_job_of(where, file.metadata, key);
  const ByName found = by_name(file.tensors);
  check_manifest(where, found, key);
  TrainedFile trained{in_order(key, found), {}, streams_of_key(key)};
  if (const auto best = file.metadata.find("epochs"); best != file.metadata.end())
    trained.best_epochs = best->second;
  check_belongs(where, trained, key);
  trained.digests = digests_of(trained.tensors);
  check_values(where, trained, key);
  return trained;
}

std::vector<NamedTensor> user_tensors(const KeyWanted& wanted, const Plan& plan,
                                      const std::vector<NamedTensor>& trained) {
  const ByName found = by_name(trained);
  std::vector<NamedTensor> out;
  for (const KeyMapping& mapping : wanted.tensors) {
    const Tensor& tensor = *found.at(mapping.job_name);
    for (const std::string& name : mapping.user_names)
      out.push_back({name, mapping.renumbered
                               ? numbered_back(tensor, plan.streams.at(wanted.subnetwork).numbers)
                               : tensor});
  }
  sort_for_alignment(out);
  return out;
}

}  // namespace amalgam
