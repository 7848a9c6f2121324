// The known name that a mistyped one most likely meant.
#pragma once

#include <set>
#include <string>
#include <string_view>

namespace amalgam {

// In lower case, with '_' for '-' and blanks: names that differ in nothing else are one.
std::string folded(std::string_view name);

// The known name that is `name` but for a slip or two, for case, or for a missing end; empty where
// none is near.
std::string nearest(std::string_view name, const std::set<std::string>& known);

// "; did you mean 'x'?", or nothing where `suggested` is empty.
std::string did_you_mean(std::string_view suggested);

}  // namespace amalgam
