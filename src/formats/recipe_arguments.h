// Arguments of what a recipe names, read by their table.
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <span>
#include <string_view>
#include <vector>

#include "formats/arguments.h"
#include "formats/recipe_table.h"

namespace amalgam {

// Those that the table has take the place of what is in `settings`.
void read_arguments(RecipeTable& t, std::span<const RecipeArgument> arguments, Settings& settings);

// Arguments of other rows of the table than `row`: they are no unknown words, but belong elsewhere.
// `what` is one of them: "optimizer".
template <typename Row>
void refuse_foreign_arguments(RecipeTable& t, std::string_view what, const Row& row,
                              std::span<const Row> table) {
  std::map<std::string_view, std::vector<std::string_view>> takers;
  for (const Row& other : table)
    for (const RecipeArgument& argument : other.arguments)
      if (t.has(argument.name) && !find_argument(row, argument.name))
        takers[argument.name].push_back(other.name);
  std::vector<std::string_view> own;
  for (const RecipeArgument& argument : row.arguments) own.push_back(argument.name);
  for (const auto& [argument, names] : takers)
    t.refuse(argument, fmt::format("is an argument of {}, and the {} is {}, which takes {}",
                                   fmt::join(names, ", "), what, row.name, fmt::join(own, ", ")));
}

}  // namespace amalgam
