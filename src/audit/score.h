// Attackers scored on surrogate games: how often each names a wanted stream, with which certainty
// that holds, and what it says of the job.
#pragma once

#include <string>
#include <vector>

#include "audit/attack.h"
#include "audit/game.h"

namespace amalgam {

// What scoring needs to know of an attacker, wherever it measures.
struct AttackFacts {
  std::string name, sees;
  std::vector<std::string> statistics;
  int naive = 0;  // see Attack::naive()
};
AttackFacts facts_of(const Attack& attack);

// What one attacker measured in one game or job: [stream][statistic].
using Measurements = std::vector<std::vector<double>>;

struct MeasuredGame {
  std::vector<Measurements> attacks;  // by attack
  std::vector<bool> wanted;
};

// All statistics of each stream, one attacker's after another's.
Measurements joined(const MeasuredGame& game);

struct Interval {
  double low = 0, high = 0;
};
// Wilson's interval of a share at `z` standard deviations.
Interval wilson(double hits, double count, double z);
// The z at which an interval holds with probability 1 - alpha, both sides together.
double z_of(double alpha);

// A rule that takes one stream of a game.
struct AttackScore {
  std::string name, sees, access;
  double accuracy = 0, chance = 0;
  double advantage = 0;       // (accuracy - chance) / (1 - chance)
  Interval advantage_within;  // at 95 % for all attackers together
  double games = 0;
  std::size_t pick = 0;    // of the job's streams
  double confidence = 0;   // that it gives its pick; 1 / streams where the rule gives none
  bool right = false;      // filled in when the key is opened
  std::vector<bool> hits;  // by game, for replay
  // Of the games in which it was surest, which a mean hides, and how many they are.
  double surest = 0, surest_games = 0;
  double k_eff() const { return accuracy > 0 ? 1 / accuracy : 0; }
};

// The share of hits among the surest twentieth of games: those whose certainty is no less than that
// of the game at that rank, so that ties are all in. REQUIRES: as many, at least one.
struct SurestGames {
  double share = 0, count = 0;
};
SurestGames surest_games(const std::vector<bool>& hits, const std::vector<double>& certainty);

// The statistics' direction, learnt on games: a conditional logit over a game's streams. Of the
// games each half is judged by what the other half taught.
struct ScoringInput {
  const std::vector<AttackFacts>& attacks;
  const std::vector<MeasuredGame>& games;
  const MeasuredGame& job;  // its `wanted` is not looked at
};

// With three or more streams: which one is farthest from the others while these lie close together,
// and in which part of the games some stream stands out as much. Small where decoys share a source.
struct Oddness {
  std::size_t stream = 0;
  double p = 1;
};
Oddness odd_one_out(const ScoringInput& input);

// One line for each attacker, naive and calibrated, for all of them together, for the odd one out
// (three or more streams), and for one that knows nothing; the strongest first.
std::vector<AttackScore> score_attacks(const ScoringInput& input, const Secret& seed);

}  // namespace amalgam
