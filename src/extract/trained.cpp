#include "extract/trained.h"

#include <fmt/format.h>

#include <map>

#include "base/file.h"
#include "formats/finite.h"
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

void check_manifest(const std::string& where, const ByName& found, const Key& key,
                    Findings& findings) {
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
}

bool inside(std::uint64_t element, const NotFiniteRuns& runs) {
  for (const auto& [first, count] : runs)
    if (element >= first && element - first < count) return true;
  return false;
}

void check_finite(const std::string& where, const std::string& name, const Tensor& tensor,
                  const NotFiniteRuns& allowed, Findings& findings) {
  for (const auto& [first, count] : not_finite_runs(tensor))
    for (std::uint64_t element = first; element < first + count; ++element)
      if (!inside(element, allowed)) {
        findings.add(
            ErrorCode::kTrained, where,
            fmt::format(
                "tensor '{}' has a value that is not finite (element {}); the training diverged "
                "or the file was changed",
                name, element));
        return;
      }
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

}  // namespace

std::vector<NamedTensor> read_trained(const std::filesystem::path& path, const Key& key,
                                      const std::vector<KeyWanted>& wanted) {
  refuse_pickle(path);
  std::vector<NamedTensor> tensors = read_safetensors(path);
  const ByName found = by_name(tensors);
  Findings findings;
  check_manifest(path.string(), found, key, findings);
  findings.raise();
  for (const KeyWanted& task : wanted)
    for (const KeyMapping& mapping : task.tensors)
      check_finite(path.string(), mapping.job_name, *found.at(mapping.job_name), mapping.not_finite,
                   findings);
  findings.raise();
  return tensors;
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
