// What an audit says in one word, and why.
#pragma once

#include "amalgam/audit.h"

namespace amalgam {

// Fills in verdict and reason. `unplayable` says why no games were played, or is empty.
void decide(AuditResult& result, const std::string& unplayable, double bound);

}  // namespace amalgam
