// Names that look the same and are not, because letters with accents can be written in two ways.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace amalgam {

// What is wrong where two of the names differ only by Unicode's normalisation, as in "the classes
// 'caf\u00e9' and 'cafe\u0301', which ...". The names are all different.
std::optional<std::string> find_look_alikes(const std::vector<std::string>& names);

}  // namespace amalgam
