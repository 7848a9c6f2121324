// All tasks of one job.
#pragma once

#include <string>
#include <vector>

#include "obfuscate/decoys.h"
#include "obfuscate/notes.h"

namespace amalgam {

// The wanted tasks come first, then guests, then generated decoys. Their order decides nothing: the
// plan sorts them by content.
struct Cast {
  std::vector<Task> tasks;
  TaskCounts counts{};
  bool variants = false;           // some have another's model in a form of theirs
  std::vector<std::string> alike;  // notes on how the streams resemble each other

  // Those that have data of their own.
  Cast(const Given& given, std::vector<Task> guests_on_data, const Amounts& amounts);
  void add(std::vector<Task> more);
};

}  // namespace amalgam
