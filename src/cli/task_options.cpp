#include "cli/task_options.h"

#include "amalgam/error.h"
#include "amalgam/obfuscate.h"

namespace amalgam::cli {

Recipe recipe_with_tasks(const TaskOptions& options) {
  Recipe recipe = read_recipe(options.recipe);
  const bool named = !options.model.empty() || !options.data.empty() ||
                     !options.validation.empty() || !options.eval_model.empty();
  if (named && !recipe.tasks.empty())
    throw Error(ErrorCode::kUsage, "--model, --data",
                "name a task, and so does [[task]] in " + options.recipe + "; use one of the two");
  if (!named && recipe.tasks.empty())
    throw Error(ErrorCode::kUsage, "--model, --data",
                "are missing, and " + options.recipe + " has no [[task]]");
  if (!named) return recipe;
  if (options.model.empty() || options.data.empty())
    throw Error(ErrorCode::kUsage, options.model.empty() ? "--model" : "--data", "is missing");
  recipe.tasks = {
      single_task(recipe, options.model, options.data, options.validation, options.eval_model)};
  return recipe;
}

}  // namespace amalgam::cli
