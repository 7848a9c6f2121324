// What a cloud finds that knows what its customer does: which stream is most like samples that it
// has of that kind of data.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "amalgam/audit.h"
#include "audit/stream_sample.h"
#include "audit/surrogates.h"
#include "key/key.h"

namespace amalgam {

struct PriorInput {
  const std::vector<StreamSample>& samples;  // by sub-network
  const std::vector<std::size_t>& wanted;    // who scores knows them; the ranking does not
  // By sub-network, the new number of each token; empty: they are as the tokenizer makes them.
  std::vector<std::vector<std::uint32_t>> numbers;
  const Key& key;
  const std::filesystem::path& key_path;  // the tokenizer lies beside it
  AuditLibraries libraries;
  std::size_t priors = 1;  // so many DATA are tried in all
  unsigned threads = 0;
  Secret seed;
};

// Images are scaled to each stream's size; texts cut by the tokenizer beside the key, and compared
// under its numbers, as by a cloud that has undone a secret numbering. At most 256 samples, evenly
// taken, against 768 rows of each stream. Throws kInvalid where there are fewer than ten samples,
// or where they fit no stream, saying what was found and what is expected.
PriorRanking rank_streams(const std::string& data, const PriorInput& input);

// What such a ranking says where a decoy is named surely; nothing where none is.
std::optional<AuditNote> note_of(const PriorRanking& ranking);

// Up to which area under the curve the nearest stream can be said to be like the samples at all.
constexpr double kResembles = 0.9;

}  // namespace amalgam
