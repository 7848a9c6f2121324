// A dataset in one file, whatever its kind is seen to be.
#include "amalgam/dataset.h"
#include "formats/npy.h"
#include "formats/safetensors.h"
#include "target.h"

namespace amalgam::fuzz {

std::vector<std::string> seeds() {
  const std::vector<NamedTensor> fields = {
      {"x", {DType::kFloat32, {2, 3}, memory_source(std::vector<std::byte>(24))}},
      {"y", {DType::kInt64, {2}, memory_source(std::vector<std::byte>(16))}}};
  const std::string idx(
      "\0\0\x08\x02\0\0\0\x02\0\0\0\x03"
      "abcdef",
      18);
  return {safetensors_header(fields) + std::string(40, '\0'),
          npy_header(DType::kFloat32, {2, 3}) + std::string(24, '\0'), idx};
}

void run(Bytes input) {
  const InputFile file(input);
  open_dataset(file.path().string());
}

}  // namespace amalgam::fuzz
