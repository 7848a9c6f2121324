// Arrays under other names than "x" and "y".
#pragma once

#include <string>

#include "amalgam/dataset.h"

namespace amalgam {

// Of a dataset without targets: what it holds, and how to save it under the names that are
// expected.
std::string naming_cure(const Dataset& data);
// Whether that says which arrays are features and targets, because people call them so.
bool has_usual_names(const Dataset& data);

}  // namespace amalgam
