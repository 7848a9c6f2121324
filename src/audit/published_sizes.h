// Sizes of architectures that are published, compiled into the program: scripts/published_sizes.py
// says what a line holds.
#pragma once

#include <string_view>

namespace amalgam {

std::string_view published_sizes();

}  // namespace amalgam
