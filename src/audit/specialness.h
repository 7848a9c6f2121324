// Specialness in general: a large table of statistics, each asked whether it is exactly round in
// one sub-network only. Nothing is special about a number by itself; but what data or code made
// exact (a mean of 0, equal counts, a row of zeros) in one sub-network and left to chance in the
// others points at it, whatever the number means. The rule "the special one is the wanted one" is
// fixed beforehand.
//
// To add statistics: a function that appends to a table, called by check_special().
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "audit/failure.h"
#include "audit/tell.h"

namespace amalgam {

// A statistic of one sub-network.
struct Measured {
  double value = 0;
  std::string round;  // what is exact about it, behind "exactly": "0", "an integer"; empty: nothing
  double chance = 1;  // at most so probable by accident, where nothing makes it exact
};

// The same statistic of every sub-network that has such a thing: only those whose value could have
// been round, or not, are compared.
struct Statistic {
  std::string name;  // the subject of a sentence: "the least mean of a column"
  std::vector<std::optional<Measured>> measured;  // by sub-network
};
using StatisticTable = std::vector<Statistic>;

// Round numbers, to be joined with |.
inline constexpr unsigned kRoundZero = 1, kRoundOne = 2, kRoundInteger = 4, kRoundPowerOfTwo = 8;

// A number that is known up to `grain` (its rounding error, or the step between two that it can
// be), and that lies anywhere in a range as wide as `spread` where nothing makes it round.
// Integers beside 0 and 1 and powers of two are asked for by `kinds`. REQUIRES: both above 0.
Measured measured(double value, double grain, double spread, unsigned kinds = kRoundZero);
// A fact that holds or not ("equal in all classes"), and by accident as probably as this.
Measured measured_fact(double value, bool holds, std::string round, double chance);

// A fair job has any tell at most as probably as this, all of its statistics together.
inline constexpr double kSpecialChance = 1e-3;

// Of each sub-network that is the only one to be round, or the only one not to be among three or
// more, what it is: one tell for each, with the statistics' names. `alike`: numbers by
// sub-network; the rule holds among those of the same number, and across them a difference is a
// note (another architecture has other numbers).
TellList special_ones(const StatisticTable& table, const std::string& of,
                      const std::vector<std::size_t>& alike);

// All tables.
void check_special(const FailureInput& input, TellList& out);

// What the tables are made of, one file each in tables/.
void add_graph_statistics(const FailureInput& input, StatisticTable& table);
void add_input_statistics(const FailureInput& input, StatisticTable& table);
void add_tensor_statistics(const FailureInput& input, StatisticTable& table);

}  // namespace amalgam
