// What a job costs.
#pragma once

#include <filesystem>

#include "obfuscate/tasks.h"

namespace amalgam {

ObfuscateSummary summarise(const Tasks& tasks, const ObfuscateOptions& options,
                           const std::filesystem::path& job);

}  // namespace amalgam
