// --model, --data and the recipe: where tasks come from in several commands.
#pragma once

#include <string>

#include "amalgam/recipe.h"
#include "cli/cli.h"

namespace amalgam::cli {

struct TaskOptions {
  std::string model, data, validation, eval_model, recipe;
};

// The recipe, with the one task that the command line names as its only one. Throws kUsage when
// both name tasks.
Recipe recipe_with_tasks(const TaskOptions& options);

}  // namespace amalgam::cli
