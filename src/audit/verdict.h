// What an audit says in one word, and why.
#pragma once

#include "amalgam/audit.h"

namespace amalgam {

// Why less is known than a verdict needs; each is empty where that is not so.
struct Doubts {
  std::string unplayable;  // why no games were played
  std::string generator;   // why it can't be told what drew the initial values
};

// Fills in verdict and reason.
void decide(AuditResult& result, const Doubts& doubts, double bound);

}  // namespace amalgam
