// Files that are the same in every job, compiled into the program from src/job/templates.
#pragma once

#include <string_view>

namespace amalgam {

std::string_view train_py();
std::string_view train_ipynb();
std::string_view job_readme();
std::string_view job_requirements();

}  // namespace amalgam
