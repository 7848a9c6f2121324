// In what arithmetic a scaler computed, by what it left.
#pragma once

#include <vector>

#include "obfuscate/column_habits.h"
#include "obfuscate/real_rows.h"
#include "obfuscate/scaling.h"

namespace amalgam {

// Of a group, in its deviations: by how much its mean is off 0, and its deviation off 1.
struct GroupMoments {
  double mean = 0, deviation = 0;
};
// The same, and what rounding to float32 leaves of them, as standard deviations.
struct MomentsOff {
  GroupMoments off, rounding;
};

// Sets `moments` and `epsilon`.
void find_arithmetic(const std::vector<MomentsOff>& off, ColumnHabit& habit);

// What rounding leaves of the moments of one of the groups that has this deviation. Of few
// different values each is rounded in one way.
GroupMoments rounding_of(const RealRows& rows, std::size_t group, Grouping grouping,
                         double deviation);

// Of one column, as numpy adds it up in float32, row after row; moved by the scaling.
struct SummedMoments {
  float mean = 0, deviation = 0;
};
SummedMoments summed_in_float32(const RealRows& rows, std::size_t column, const Scaling& moved,
                                bool over_n_less_one);

}  // namespace amalgam
