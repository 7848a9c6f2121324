// Habits of a designer: sizes that people choose, against those that were drawn beside them.
//
// Whoever knows which sizes architectures have that were published takes the sub-network whose
// sizes are likeliest. How often that finds the wanted one is measured on jobs that are made of
// published architectures' shapes, each wanted one's own family left out of what the attacker
// knows.
#pragma once

#include <optional>
#include <vector>

#include "audit/network_view.h"
#include "audit/score.h"
#include "audit/stream_facts.h"
#include "base/secret.h"

namespace amalgam {

// The sizes of one sub-network that differ from another's, ascending, each once.
using ChosenSizes = std::vector<std::uint64_t>;

// What the sub-networks of a job were given differently, from the shapes of their weights; nothing
// where all have the same shapes, or where they are not members of one family as `--variants
// family` draws them: then other hands chose them.
std::optional<std::vector<ChosenSizes>> chosen_sizes(const std::vector<std::vector<Shape>>& shapes);

// The attacker over `games` jobs of as many sub-networks, and its pick among these. The interval
// holds at `z` standard deviations. REQUIRES: two sub-networks or more.
AttackScore score_designer(const std::vector<ChosenSizes>& job, const Secret& seed,
                           std::uint64_t games, double z);

// Shapes of a network's weights, without the number of classes that its last layer puts out: that
// belongs to its data, not to its form. `classes` is 0 where targets are none.
std::vector<Shape> form_of(std::vector<Shape> weights, std::uint64_t classes);

// Adds it to the scores of a job whose sub-networks are members of a family, in the order of
// advantages; the baseline stays last. `facts`: of the sub-networks' streams.
void add_designer(const std::vector<ViewedNetwork>& job, const std::vector<StreamFacts>& facts,
                  const Secret& seed, std::uint64_t games, std::vector<AttackScore>& scores);

}  // namespace amalgam
