// Public texts as runs of tokens, to look a job's texts up in.
#pragma once

#include <filesystem>
#include <vector>

#include "amalgam/audit.h"
#include "audit/stream_sample.h"
#include "key/key.h"

namespace amalgam {

struct PublicTokens {
  std::string where;
  std::vector<std::vector<std::uint64_t>> texts;
};

// A .csv (of each row the cells of several words) or .txt (each line), cut by the tokenizer that
// obfuscate left beside the key: a cloud that has the same one is the worst case. Throws
// kUnsupported where there is none.
PublicTokens public_tokens(const std::string& data, const std::filesystem::path& key_path,
                           const Key& key, const TextLibrary* library);
// The rows of a dataset of tokens.
PublicTokens public_tokens(const Dataset& data);

// How much of a stream's tokens, counted as often as they appear, is numbered back rightly by who
// takes tokens that are as common, in their order, for the same. `numbers`: the new number of each
// token.
double numbering_undone(const StreamSample& stream, const PublicTokens& text,
                        const std::vector<std::uint32_t>& numbers);

}  // namespace amalgam
