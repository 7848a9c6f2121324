#include "cli/json_file.h"

#include "base/file.h"
#include "cli/print.h"

namespace amalgam::cli {

JsonOutput::JsonOutput(const std::string& name) : name_(name) {
  if (!name_.empty() && !takes_standard_output()) staged_.emplace(name_, StagedOutput::Kind::kFile);
}

void JsonOutput::write(const std::string& json) {
  if (takes_standard_output()) return print_json(json);
  if (!staged_) return;
  write_file(staged_->path(), json + "\n");
  staged_->commit();
}

}  // namespace amalgam::cli
