#include "obfuscate/key_tensors.h"

#include <map>
#include <utility>

#include "base/buffer.h"
#include "base/parallel.h"
#include "formats/finite.h"
#include "formats/negative.h"
#include "formats/tensor_digest.h"
#include "graph/uses.h"
#include "job/job.h"

namespace amalgam {
namespace {

using Uses = std::map<std::string, TensorUse>;

// Positions are in none of the models: what is not found here are they.
Uses uses_by_name(const Weave& weave) {
  Uses uses;
  for (const Subnetwork& sub : weave.subnetworks) {
    const std::vector<TensorUse> own = tensor_uses(*weave.tasks[sub.task].network.model);
    for (std::size_t i = 0; i < own.size(); ++i) uses[sub.tensors[i].name] = own[i];
  }
  return uses;
}

// With its values in memory, or in a mapped file.
Tensor viewed(Tensor tensor) {
  if (!tensor.source->view().empty() || tensor.bytes() == 0) return tensor;
  Buffer buffer(tensor.bytes());
  tensor.source->read(0, buffer.mutable_bytes());
  tensor.source = memory_source(std::move(buffer));
  return tensor;
}

KeyTensor key_tensor(const NamedTensor& named, const Uses& uses) {
  const Tensor tensor = viewed(named.tensor);
  KeyTensor key{named.name, tensor.dtype, tensor.shape, TensorKind::kPositions, "", {}, 0, 0};
  key.digest = tensor_digest(tensor);
  key.not_finite = not_finite_runs(tensor);
  const auto use = uses.find(named.name);
  if (use == uses.end()) return key;
  key.kind = use->second.kind;
  if (key.kind == TensorKind::kVariance && (!is_floating(tensor.dtype) || first_negative(tensor)))
    key.kind = TensorKind::kBuffer;
  if (key.kind != TensorKind::kCounter) return key;
  const auto start = load_le<std::int64_t>(tensor.source->view());
  if (start < 0) {
    key.kind = TensorKind::kBuffer;
    return key;
  }
  key.start = static_cast<std::uint64_t>(start);
  key.per_batch = use->second.per_batch;
  return key;
}

}  // namespace

std::vector<KeyTensor> key_tensors(const Weave& weave, const std::vector<NamedTensor>& weights) {
  std::map<std::string, const NamedTensor*> by_name;
  for (const NamedTensor& named : weights) by_name[named.name] = &named;
  const Uses uses = uses_by_name(weave);
  const std::vector<NamedTensor> tensors = job_weights(weave.subnetworks);
  std::vector<KeyTensor> keys(tensors.size());
  parallel_blocks(0, tensors.size(), [&](std::uint64_t i) {
    keys[i] = key_tensor(*by_name.at(tensors[i].name), uses);
  });
  return keys;
}

}  // namespace amalgam
