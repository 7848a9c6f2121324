// A key file: its header, and its body once opened.
#include "amalgam/key.h"
#include "base/random.h"
#include "base/secret.h"
#include "target.h"

namespace amalgam::fuzz {
namespace fs = std::filesystem;

std::vector<std::string> seeds() {
  Key key;
  key.seed = std::make_shared<const Secret>(seed_from_hex(std::string(64, '1')));
  key.rows = 4;
  key.trained = {{"subnetworks.0.weight", DType::kFloat32, {2, 3}}};
  key.tasks = {{"fingerprint", "content", {{DType::kFloat32, 3}}, {{DType::kInt64, 1}}, 4, 0}};
  key.wanted = {{"task", 0, 0, {{{"weight"}, "subnetworks.0.weight", {}}}}};
  const fs::path path = fs::temp_directory_path() / ("amalgam-fuzz-" + std::to_string(::getpid()));
  write_key(path, key, std::nullopt);
  const std::string text = file_text(path);
  fs::remove(path);
  return {text};
}

void run(Bytes input) {
  const InputFile file(input);
  read_key_header(file.path());
  read_key(file.path(), std::nullopt);
}

}  // namespace amalgam::fuzz
