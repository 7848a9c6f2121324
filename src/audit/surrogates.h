// Data of other people, on which attackers are calibrated: never the job's own.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "audit/stream_sample.h"

namespace amalgam {

// The files that are built in (CMakeLists.txt embeds them). They never change, so that games stay
// the same.
std::string_view surrogate_digits();
std::string_view surrogate_text();

// A small set that is built in: handwritten digits [1, 8, 8], or English words as tokens [32] with
// two classes (the halves of the text).
std::shared_ptr<const Dataset> built_in_surrogate(SampleKind kind);
// BLAKE2b (32 bytes) of the file that set is made of, in hex.
std::string built_in_digest(SampleKind kind);

using Surrogates = std::vector<std::shared_ptr<const Dataset>>;

struct AuditLibraries {
  const ImageLibrary* images;
  const TextLibrary* text;
};

// Rows of `like` that these look at, so that any with at least as many give the same.
constexpr std::uint64_t kLikeRows = 256;

bool is_text_file(const std::string& data);
// Throws kInvalid, with the cure, for a text file or table beside samples that are all no texts.
void check_text_fits(const std::string& data, std::span<const StreamSample> samples);
// DATA in the shape of `like`'s images. Texts are cut by a tokenizer that is trained on them, into
// samples as long as `like`'s.
Dataset open_like(const std::string& data, const StreamSample& like,
                  const AuditLibraries& libraries);
// The sets of that name, or the built-in one where there is none. Throws kInvalid where samples are
// of another kind than the job's.
Surrogates open_surrogates(const std::vector<std::string>& data, const StreamSample& like,
                           const AuditLibraries& libraries);

}  // namespace amalgam
