// On which of a task's rows scalers were fitted, by what they left.
#pragma once

#include <optional>
#include <vector>

#include "obfuscate/column_habits.h"

namespace amalgam {

struct SplitRows {
  DataRows training;
  std::optional<DataRows> held_out;
};

// Those of them that a scaler has seen. Empty where there are none.
std::vector<DataRows> rows_fitted(const SplitRows& rows, ColumnHabit::Fitted fitted);

// Habits of training rows and, where these were scaled by themselves, of held-out rows; or of both,
// where they were scaled together before they were split.
std::vector<ColumnHabit> fitted_habits(const SplitRows& rows);

}  // namespace amalgam
