// What a scaler of single rows leaves in them, as embeddings often have a norm of 1, and how others
// are scaled so that they have it, too.
#pragma once

#include <vector>

#include "amalgam/dataset.h"
#include "obfuscate/habits.h"
#include "obfuscate/row_scaling.h"

namespace amalgam {

// What all these rows of a field have but those of zeros, or that are constant. None for fields
// that are no float32 features of several columns or have no other values than -1, 0 and 1; few
// values, as bytes are, and columns of categories may reach 1 in each row without a scaler.
RowHabit row_habit(const Field& field, RowNumbers rows);

// By field.
std::vector<RowHabit> row_habits(const Dataset& data, RowNumbers rows);

// Whether one scaler may have left both.
bool same_scaler(const RowHabit& a, const RowHabit& b);

// By field of `data`, what gives these rows the habit of the field of that number, where they lack
// it and any can be scaled: not all of them are zeros, or constant where that has no scale. Of rows
// without channels all values are scaled together.
std::vector<RowScaling> row_scaling_to(const std::vector<RowHabit>& habits, const Dataset& data,
                                       RowNumbers rows);

}  // namespace amalgam
