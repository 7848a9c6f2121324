// Finds what scalers left in columns of real numbers.
#pragma once

#include <span>
#include <vector>

#include "obfuscate/column_habit.h"
#include "obfuscate/real_rows.h"

namespace amalgam {

// Of all float32 fields of a role in these rows, taken together, features and then targets; none
// where they have none. Columns may have been scaled in several ways, each of them in one. Groups
// of one value or two say nothing for or against a habit.
std::vector<ColumnHabit> column_habits(std::span<const DataRows> parts);
std::vector<ColumnHabit> column_habits(const Dataset& data, RowNumbers rows);

}  // namespace amalgam
