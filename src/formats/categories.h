// The distinct values of a column, in the order of their numbers.
#pragma once

#include <string>
#include <vector>

namespace amalgam {

// Sorted: by value where all are whole numbers, else by name.
std::vector<std::string> categories_of(std::vector<std::string> values);

}  // namespace amalgam
