// Files of arrays: .npy, .npz, IDX (also .gz), safetensors.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "formats/safetensors.h"

namespace amalgam {

struct ArrayFile {
  std::vector<NamedTensor> arrays;  // those of files of one array have no name
  std::vector<std::string> notes;   // what was left out; one sentence each
};

// All arrays of the file. Arrays of text, objects or records beside others are left out, unless
// they are "x" or "y". Throws kDamaged or kUnsupported, naming file, array and cure.
ArrayFile read_array_file(const std::filesystem::path& path);

}  // namespace amalgam
