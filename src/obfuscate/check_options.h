// What can be told of the options before anything is loaded.
#pragma once

#include "amalgam/error.h"
#include "amalgam/obfuscate.h"

namespace amalgam {

// Throws kUsage for options that fit no task or contradict each other, kExists for a key without
// its job.
void check_options(const ObfuscateOptions& options);

// That files of models and data are there.
void check_paths(const ObfuscateOptions& options, Findings& findings);

}  // namespace amalgam
