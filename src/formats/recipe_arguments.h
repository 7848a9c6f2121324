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

// Drops what the table does not have: an inherited argument of another row.
void keep_known(Settings& settings, std::span<const RecipeArgument> arguments);

// Marks the arguments of all rows as known, where nothing says which row is meant.
template <typename Row>
void find_all_arguments(RecipeTable& t, std::span<const Row> table) {
  for (const Row& row : table)
    for (const RecipeArgument& argument : row.arguments) t.find(std::string(argument.name).c_str());
}

// Arguments that are there and not the row's, and the rows that take them: they are no unknown
// words, but belong elsewhere.
template <typename Row>
std::map<std::string_view, std::vector<std::string_view>> foreign_arguments(
    const RecipeTable& t, const Row& row, std::span<const Row> table) {
  std::map<std::string_view, std::vector<std::string_view>> takers;
  for (const Row& other : table)
    for (const RecipeArgument& argument : other.arguments)
      if (t.has(argument.name) && !find_argument(row, argument.name))
        takers[argument.name].push_back(other.name);
  return takers;
}

// Refuses them. `what` is one of the rows: "optimizer".
template <typename Row>
void refuse_foreign_arguments(RecipeTable& t, std::string_view what, const Row& row,
                              std::span<const Row> table) {
  std::vector<std::string_view> own;
  for (const RecipeArgument& argument : row.arguments) own.push_back(argument.name);
  for (const auto& [argument, names] : foreign_arguments(t, row, table))
    t.refuse(argument, fmt::format("is an argument of {}, and the {} is {}, which takes {}",
                                   fmt::join(names, ", "), what, row.name, fmt::join(own, ", ")));
}

}  // namespace amalgam
