// Which of a game's streams is wanted: a conditional logit (McFadden 1974), fitted by gradient
// ascent with a ridge.
#pragma once

#include <vector>

#include "audit/standardised.h"

namespace amalgam {

struct LogitGame {
  const std::vector<std::vector<double>>* statistics;  // [stream][statistic]
  const std::vector<bool>* wanted;
};

class ConditionalLogit {
 public:
  explicit ConditionalLogit(const std::vector<LogitGame>& games);
  // Of each stream, summing to 1.
  std::vector<double> probabilities(const std::vector<std::vector<double>>& statistics) const;

 private:
  std::vector<double> choose(const std::vector<std::vector<double>>& scaled) const;

  Standardised scaled_;
  std::vector<double> weights_;
};

}  // namespace amalgam
