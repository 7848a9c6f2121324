// What is in a file: a model, a tensor file, a dataset, a job; of a key only its public header.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "amalgam/dataset.h"

namespace amalgam {

struct Inspection {
  std::string kind;                // "model", "tensors", "dataset", "text", "job", "key"
  std::vector<std::string> lines;  // for a person
  std::string json;                // the same for a script
};

// Throws kUnsupported for a file of no known kind. `reading` is for images.
Inspection inspect(const std::filesystem::path& path, const DatasetOptions& reading = {});

}  // namespace amalgam
