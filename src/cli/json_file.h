// --json FILE, or "-" for standard output: the same in each command that has it.
#pragma once

#include <optional>
#include <string>

#include "base/staged_output.h"

namespace amalgam::cli {

class JsonOutput {
 public:
  // Refuses, before any work, a file that can't be made. `name` empty: no JSON is wanted.
  explicit JsonOutput(const std::string& name);
  // Writes what was found, or nothing where none is wanted.
  void write(const std::string& json);
  bool takes_standard_output() const { return name_ == "-"; }

 private:
  std::string name_;
  std::optional<StagedOutput> staged_;
};

}  // namespace amalgam::cli
