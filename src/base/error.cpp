#include "amalgam/error.h"

#include <utility>

#include "base/printable.h"

namespace amalgam {
namespace {

// What is shown of very many findings.
constexpr std::size_t kMostLines = 20;

// Names in a message may be what a hostile file chose: this is the one place that all pass.
std::vector<Finding> printable_findings(std::vector<Finding> findings) {
  for (Finding& finding : findings) {
    finding.where = printable(finding.where);
    finding.what = printable(finding.what);
  }
  return findings;
}

std::string join(const std::vector<Finding>& findings) {
  std::string text;
  const bool all = findings.size() <= kMostLines;
  for (std::size_t i = 0; i < (all ? findings.size() : kMostLines - 1); ++i) {
    if (!text.empty()) text += '\n';
    if (!findings[i].where.empty()) text += findings[i].where + ": ";
    text += findings[i].what;
  }
  if (!all) text += "\nand " + std::to_string(findings.size() - kMostLines + 1) + " more";
  return text;
}

}  // namespace

Error::Error(ErrorCode code, std::string where, std::string what)
    : Error(std::vector<Finding>{{code, std::move(where), std::move(what)}}) {}

Error::Error(std::vector<Finding> findings)
    : findings_(printable_findings(std::move(findings))), text_(join(findings_)) {}

void Findings::add(ErrorCode code, std::string where, std::string what) {
  findings_.push_back({code, std::move(where), std::move(what)});
}

void Findings::add(const std::vector<Finding>& more) {
  findings_.insert(findings_.end(), more.begin(), more.end());
}

void Findings::raise() const {
  if (!findings_.empty()) throw Error(findings_);
}

}  // namespace amalgam
