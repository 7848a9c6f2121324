// What a job costs.
#pragma once

#include "obfuscate/cast.h"
#include "weave/weave.h"

namespace amalgam {

// `woven` is what the job is written from, `bytes` those of its files; `noise` names the generator.
ObfuscateSummary summarise(const Cast& cast, const Weave& woven, const std::string& noise,
                           const ObfuscateOptions& options, std::uint64_t bytes);

}  // namespace amalgam
