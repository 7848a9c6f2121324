// A program of one node, and others that differ from it in one place: each argument, output and
// signature that the reader knows, and what it refuses.
#pragma once

#include <vector>

#include "base/json.h"

namespace amalgam::fuzz {

Json small_program();
std::vector<Json> small_programs();

}  // namespace amalgam::fuzz
