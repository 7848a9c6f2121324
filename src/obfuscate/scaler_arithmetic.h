// In what arithmetic a scaler computed, by what it left.
#pragma once

#include <vector>

#include "amalgam/dataset.h"
#include "obfuscate/column_habits.h"
#include "obfuscate/scaling.h"

namespace amalgam {

// By how much a group's mean, in deviations, and its deviation are off 0 and 1, and what rounding
// to float32 leaves of both, a standard deviation.
struct MomentsOff {
  double mean = 0, deviation = 0, rounding = 0;
};

// Sets `moments` and `epsilon`.
void find_arithmetic(const std::vector<MomentsOff>& off, ColumnHabit& habit);

// What rounding leaves of the mean of one of `count` groups, in deviations. Of few different values
// each is rounded in one way.
double rounding_of(const Field& field, RowNumbers rows, std::size_t group, std::size_t count);

// Of one column, as numpy adds it up in float32, row after row; moved by the scaling.
struct SummedMoments {
  float mean = 0, deviation = 0;
};
SummedMoments summed_in_float32(const Field& field, RowNumbers rows, std::size_t column,
                                const Scaling& moved, bool over_n_less_one);

}  // namespace amalgam
