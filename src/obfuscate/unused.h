// Tables of the recipe that no data is read by.
#pragma once

#include <span>

#include "amalgam/dataset.h"
#include "amalgam/error.h"
#include "amalgam/recipe.h"

namespace amalgam {

struct GivenData {
  const TaskSettings* settings;
  const Dataset* data;
};

// A finding where [text] or [input] size would be without effect: at the top where it is for none
// of the data, or of one task. A table at the top may be for some of several tasks.
void find_unused(const Recipe& recipe, std::span<const GivenData> given, Findings& findings);

}  // namespace amalgam
