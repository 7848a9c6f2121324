// The tasks of one job: the wanted ones, guests, and decoys that are generated.
#pragma once

#include <string>
#include <vector>

#include "amalgam/obfuscate.h"
#include "obfuscate/notes.h"
#include "task/task.h"

namespace amalgam {

// The wanted tasks come first, then guests, then generated decoys. Their order decides nothing: the
// plan sorts them by content.
struct Tasks {
  std::vector<Task> all;
  std::vector<std::string> wanted_names;
  TaskCounts counts{};
  std::uint64_t rows = 0;
  std::uint64_t held_out_rows = 0;
  NoiseKind noise;  // of the generated ones
};

// Opens and checks everything that the options name. Throws with all findings of all tasks.
Tasks assemble_tasks(const ObfuscateOptions& options, const Secret& seed);

}  // namespace amalgam
