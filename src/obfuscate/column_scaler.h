// How columns of real numbers are scaled so that they have what a scaler left in others.
#pragma once

#include <span>
#include <vector>

#include "base/random.h"
#include "obfuscate/column_habits.h"
#include "obfuscate/scaling.h"

namespace amalgam {

// By field of the rows' first dataset, what gives these rows the habit, in the same arithmetic; no
// groups for other fields. In the same places where fields have as many groups; else in as large a
// part of the columns that have more than two values, and of the others, in the same order. Where
// the arithmetic is float32, columns with a mean near 0 are first brought to a drawn place and
// scale.
std::vector<Scaling> scaling_to(const ColumnHabit& habit, std::span<const DataRows> parts,
                                RandomStream& random);
std::vector<Scaling> scaling_to(const ColumnHabit& habit, const Dataset& data, RowNumbers rows,
                                RandomStream& random);

}  // namespace amalgam
