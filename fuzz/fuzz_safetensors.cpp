// A safetensors file: the form in which trained weights come back from a machine that is not
// trusted.
#include "base/file.h"
#include "formats/finite.h"
#include "formats/safetensors.h"
#include "target.h"

namespace amalgam::fuzz {

std::vector<std::string> seeds() {
  const std::vector<NamedTensor> tensors = {
      {"weight", {DType::kFloat32, {2, 3}, memory_source(std::vector<std::byte>(24))}},
      {"count", {DType::kInt64, {}, memory_source(std::vector<std::byte>(8))}},
      {"mask", {DType::kBool, {0, 7}, memory_source(std::vector<std::byte>())}}};
  return {safetensors_header(tensors) + std::string(32, '\0')};
}

void run(Bytes input) {
  const InputFile file(input);
  for (const NamedTensor& named : read_safetensors(file.path())) not_finite_runs(named.tensor);
}

}  // namespace amalgam::fuzz
