// What is in a file: a model, a tensor file, a dataset, a job; of a key only its public header.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace amalgam {

struct Inspection {
  std::string kind;                // "model", "tensors", "dataset", "job", "key"
  std::vector<std::string> lines;  // for a person
  std::string json;                // the same for a script
};

// Throws kUnsupported for a file of no known kind.
Inspection inspect(const std::filesystem::path& path);

}  // namespace amalgam
