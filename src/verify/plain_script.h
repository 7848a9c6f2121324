// examples/plain_training.py and what it needs, compiled into the program: the oracle that users
// can read is the one that runs.
#pragma once

#include <string_view>

namespace amalgam {

std::string_view plain_training_py();
std::string_view plain_fields_py();
std::string_view plain_schedule_py();
std::string_view plain_program_py();

}  // namespace amalgam
