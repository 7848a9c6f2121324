// Whether a path that a user gave is one to read from.
#pragma once

#include <string>

namespace amalgam {

// That it is a folder, or a file that is not empty. Pipes and devices are turned away before
// anything waits for them. Throws kIo or kInvalid, naming the path.
void check_readable(const std::string& data);

}  // namespace amalgam
