// Two files in one input.
#pragma once

#include <string>
#include <utility>

namespace amalgam::fuzz {

// Two inputs in one: the length of the first in two bytes, and both. split() takes any text apart.
std::string join(const std::string& first, const std::string& second);
std::pair<std::string, std::string> split(const std::string& text);

}  // namespace amalgam::fuzz
