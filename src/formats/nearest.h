// The known name that a mistyped one most likely meant.
#pragma once

#include <set>
#include <string>

namespace amalgam {

// By Levenshtein distance; empty when nothing is known.
std::string nearest(const std::string& name, const std::set<std::string>& known);

}  // namespace amalgam
