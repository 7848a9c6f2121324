// Fingerprints of architectures that are published, compiled into the program: lines of a number in
// hexadecimal and a name.
#pragma once

#include <string_view>

namespace amalgam {

std::string_view published_architectures();

}  // namespace amalgam
