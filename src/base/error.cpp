#include "amalgam/error.h"

namespace amalgam {
namespace {

std::string join(const std::vector<Finding>& findings) {
  std::string text;
  for (const Finding& finding : findings) {
    if (!text.empty()) text += '\n';
    if (!finding.where.empty()) text += finding.where + ": ";
    text += finding.what;
  }
  return text;
}

}  // namespace

Error::Error(ErrorCode code, std::string where, std::string what)
    : Error(std::vector<Finding>{{code, std::move(where), std::move(what)}}) {}

Error::Error(std::vector<Finding> findings)
    : findings_(std::move(findings)), text_(join(findings_)) {}

void Findings::add(ErrorCode code, std::string where, std::string what) {
  findings_.push_back({code, std::move(where), std::move(what)});
}

void Findings::raise() const {
  if (!findings_.empty()) throw Error(findings_);
}

}  // namespace amalgam
