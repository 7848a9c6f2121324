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

// One of the things that a job's streams have, and other people's data of that kind, with which
// games are played for it.
struct ContestView {
  std::string name;                      // behind the attackers': " (other numbers)"
  const std::vector<StreamSample>& job;  // by sub-network, all of one kind
  const Surrogates& surrogates;
};

// Those that need no training, each on every view that fits it. `rows` of a stream at most;
// `played` is called after each game, one at a time. REQUIRES: at least one view.
Contest hold_contest(const Scheme& scheme, const std::vector<ContestView>& views,
                     const Secret& seed, std::uint64_t games, std::uint64_t rows, unsigned threads,
                     const std::function<void()>& played);

// Adds those that train. REQUIRES: the same games.
void join(Contest& contest, const TrainedAttacks& trained);

}  // namespace amalgam
