// Data of other people, on which attackers are calibrated: never the job's own.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "audit/stream_sample.h"

namespace amalgam {

// The texts that are built in (CMakeLists.txt embeds them).
std::string_view surrogate_digits();
std::string_view surrogate_text();

// A small set that is built in: handwritten digits [1, 8, 8], or English words as tokens [32] with
// two classes (the halves of the text).
std::shared_ptr<const Dataset> built_in_surrogate(SampleKind kind);

}  // namespace amalgam
