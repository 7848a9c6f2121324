// All attackers, measured on all games and on the job.
#pragma once

#include <functional>
#include <vector>

#include "audit/game.h"
#include "audit/score.h"
#include "audit/training.h"

namespace amalgam {

struct Contest {
  std::vector<AttackFacts> attacks;
  std::vector<MeasuredGame> games;
  MeasuredGame job;  // its `wanted` stays empty
};

// Those that need no training. `rows` of a stream at most; `played` is called after each game, one
// at a time.
Contest hold_contest(const Scheme& scheme, const Surrogates& surrogates, const Secret& seed,
                     std::uint64_t games, std::uint64_t rows, const std::vector<StreamSample>& job,
                     unsigned threads, const std::function<void()>& played);

// Adds those that train. REQUIRES: the same games.
void join(Contest& contest, const TrainedAttacks& trained);

}  // namespace amalgam
