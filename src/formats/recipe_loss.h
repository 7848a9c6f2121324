// The keys of a recipe's loss.
#pragma once

#include <string>

#include "amalgam/recipe.h"
#include "formats/recipe_table.h"

namespace amalgam {

// `t` is [train] or a task's; `name` what it is called there. Another loss than the inherited one
// keeps the arguments that it knows.
void read_loss(RecipeTable& t, const std::string& file, const std::string& name,
               TrainSettings& train, Findings& findings);

}  // namespace amalgam
