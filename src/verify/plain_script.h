// examples/plain_training.py, compiled into the program: the oracle that users can read is the one
// that runs.
#pragma once

#include <string_view>

namespace amalgam {

std::string_view plain_training_py();

}  // namespace amalgam
