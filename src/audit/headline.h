// An audit's verdict for people: what happens, in one sentence, and the next command.
#pragma once

#include "amalgam/audit.h"

namespace amalgam {

// Fills in headline and command. REQUIRES: verdict and reason are decided.
void say(AuditResult& result, const AuditOptions& options);

}  // namespace amalgam
