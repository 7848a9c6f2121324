// The table of schedules: how the learning rate goes, by optimizer step.
#pragma once

#include <span>
#include <string_view>

#include "formats/arguments.h"

namespace amalgam {

struct ScheduleRow {
  std::string_view name;  // in a recipe
  std::span<const RecipeArgument> arguments;
};

std::span<const ScheduleRow> schedule_table();
// REQUIRES: there is one of that name.
const ScheduleRow& schedule_row(std::string_view name);

// A number of it, or the default; 0 where the kind has no such argument.
double schedule_number(const Schedule& schedule, std::string_view name);

}  // namespace amalgam
