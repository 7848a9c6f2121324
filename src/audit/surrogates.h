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

using Surrogates = std::vector<std::shared_ptr<const Dataset>>;

// DATA in the shape of `like`'s images. Throws kUnsupported for texts, whose tokens are not the
// job's.
Dataset open_like(const std::string& data, const StreamSample& like, const ImageLibrary* images);
// The sets of that name, or the built-in one where there is none. Throws kInvalid where samples are
// of another kind than the job's.
Surrogates open_surrogates(const std::vector<std::string>& data, const StreamSample& like,
                           const ImageLibrary* images);

}  // namespace amalgam
