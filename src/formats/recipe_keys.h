// What a key or a value of the recipe was meant to be: other programs' names for the same thing,
// and keys that stand in the wrong table.
#pragma once

#include <set>
#include <string>
#include <string_view>

namespace amalgam {

// What is wrong with `key`, which is none of the `known` keys of `table` ("" for the file itself,
// "train", "task[0].input"), and where it belongs or which key was meant.
std::string about_unknown_key(std::string_view key, std::string_view table,
                              const std::set<std::string>& known);

// The same for a value of `key` that is one of several words.
std::string about_unknown_value(std::string_view value, std::string_view key,
                                const std::set<std::string>& known);

// In lower case, and without what is no letter or digit.
std::string letters_of(std::string_view name);

// Where the recipe has what this is a name of, as in "'lr' of [train]"; empty where it has no such
// key.
std::string place_in_recipe(std::string_view name);

}  // namespace amalgam
