// Options that were given and change nothing.
#pragma once

#include <string>
#include <vector>

#include "obfuscate/cast.h"

namespace amalgam {

// A note for each. `options` as the user gave them, without what a preset adds.
std::vector<std::string> unused_options(const ObfuscateOptions& options, const Cast& cast);

}  // namespace amalgam
