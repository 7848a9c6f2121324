// [train] of the recipe, but for what the whole job has in common.
#pragma once

#include <toml++/toml.h>

#include <string>

#include "amalgam/recipe.h"
#include "formats/recipe_table.h"

namespace amalgam {

// `train` with what the table says otherwise. `file` and `name` are the table's, for findings.
// What the result's optimizer, loss and schedule do not take together is a finding.
void read_train_settings(RecipeTable& table, const std::string& file, const std::string& name,
                         TrainSettings& train, Findings& findings);

}  // namespace amalgam
