// From the trained file back to the user's models.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "amalgam/progress.h"

namespace amalgam {

struct ExtractOptions {
  std::filesystem::path key;
  std::filesystem::path trained;  // a safetensors file from the cloud; read as hostile
  std::filesystem::path out;      // a file for one task, else a folder of NAME.safetensors
  std::optional<std::string> task;
  std::optional<std::string> passphrase;
  Progress* progress = nullptr;
};

struct ExtractedTask {
  std::string name;
  std::filesystem::path path;
  std::size_t tensors;  // names written
  std::uint64_t bytes;
};

// Checks every tensor of the file against the key (names, dtypes, shapes; values that are finite
// where they were), then writes the wanted ones under the names of the user's state_dict(). Throws
// kTrained with all findings; nothing is written or overwritten then.
std::vector<ExtractedTask> extract(const ExtractOptions& options);

}  // namespace amalgam
