// What an audit says in one word, and why.
#pragma once

#include "amalgam/audit.h"

namespace amalgam {

// Why less is known than a verdict needs; each is empty where that is not so.
struct Doubts {
  std::string unplayable;  // why no games were played
  std::string generator;   // why it can't be told what drew the initial values
};

// Whoever names a wanted task by what they know of its owner; null where nobody does.
const PriorRanking* naming_prior(const AuditResult& result);

// The attacker that surely does better than the bound, and finds a wanted task in nearly all games;
// null where none does. It knows nothing of the owner, and is named before those who do.
const AttackLine* naming_attacker(const AuditResult& result, double bound);

// Fills in verdict and reason.
void decide(AuditResult& result, const Doubts& doubts, double bound);

}  // namespace amalgam
