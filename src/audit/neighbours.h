// What the rows nearest to a row say of its class.
#pragma once

#include "audit/stream_sample.h"

namespace amalgam {

struct NeighbourVotes {
  static constexpr std::size_t kVoters = 10;

  double rows = 0;       // that were looked at; 0: there are no classes, or too few rows
  double chance = 1;     // the commonest class's share
  double agreement = 0;  // of how many rows the nearest other has the same class
  // Rows whose voters agree but for one at most, and those of them that have another class.
  double clear = 0, contradicted = 0;

  // 0 at chance, 1 where all agree.
  double advantage() const { return chance < 1 ? (agreement - chance) / (1 - chance) : 0; }
};
NeighbourVotes neighbour_votes(const StreamSample& sample);

}  // namespace amalgam
