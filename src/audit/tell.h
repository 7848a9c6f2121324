// What tells sub-networks apart, and whom a rule that was fixed beforehand would take for the
// wanted one because of it. What finds it does not know who is wanted; who does judges it.
#pragma once

#include <string>
#include <vector>

#include "amalgam/audit.h"

namespace amalgam {

struct Tell {
  std::string kind;                  // as HardFailure's
  std::vector<std::size_t> streams;  // that it tells from the others; not all, and not none
  std::string what, cure;
  // Whether the rule "those are the wanted ones" was fixed before any job was looked at. Without
  // one, the same difference points at a decoy as often, and is a note.
  bool ruled = true;
  // Of a note: what an analyst may make of it. Lists in braces may leave it out.
  std::string meaning = {};  // NOLINT(readability-redundant-member-init)
};

using TellList = std::vector<Tell>;

// A hard failure is what a rule takes a wanted sub-network for its pick by; all else is a note.
void judge(const TellList& found, AuditResult& result);

}  // namespace amalgam
