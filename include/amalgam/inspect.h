// What is in a file: a model, a tensor file, a dataset, a job; of a key only its public header.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "amalgam/dataset.h"

namespace amalgam {

// What was found. Values; nothing of the file stays open.
struct Inspection {
  std::string kind;                // "model", "tensors", "dataset", "text", "job", "key"
  std::vector<std::string> lines;  // for a person
  std::string json;                // the same for a script
};

// Looks at a file, or at a folder that is a job or a dataset, without changing or running anything
// of it: what it reads is taken as hostile. `reading` says how images and text become samples, of
// which only shapes and counts are shown. Throws kUnsupported for a file of no known kind, kDamaged
// for one that is not what its format demands, kIo where it can't be read.
Inspection inspect(const std::filesystem::path& path, const DatasetOptions& reading = {});

}  // namespace amalgam
