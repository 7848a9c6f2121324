// What a job costs.
#pragma once

#include <filesystem>

#include "obfuscate/cast.h"
#include "weave/weave.h"

namespace amalgam {

// `woven` is what the job was written from; `noise` names the generator.
ObfuscateSummary summarise(const Cast& cast, const Weave& woven, const std::string& noise,
                           const ObfuscateOptions& options, const std::filesystem::path& job);

}  // namespace amalgam
