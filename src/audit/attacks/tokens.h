// Rows of text as runs of tokens.
#pragma once

#include <algorithm>
#include <unordered_map>
#include <vector>

#include "audit/stream_sample.h"

namespace amalgam {

// A row without the token that fills it up: the last one, where it repeats.
inline std::vector<std::uint64_t> row_tokens(const StreamSample& sample, std::uint64_t row) {
  std::vector<std::uint64_t> tokens;
  for (const float v : sample.row(row)) tokens.push_back(static_cast<std::uint64_t>(v));
  std::size_t size = tokens.size();
  while (size > 1 && tokens[size - 1] == tokens[size - 2]) --size;
  if (size < tokens.size()) --size;
  tokens.resize(size);
  return tokens;
}

// A number for tokens first .. first+count-1.
inline std::uint64_t run_of(const std::vector<std::uint64_t>& tokens, std::size_t first,
                            std::size_t count) {
  std::uint64_t hash = 0x9e3779b97f4a7c15;
  for (std::size_t i = first; i < first + count; ++i)
    hash = (hash ^ tokens[i]) * 0x100000001b3 + (hash >> 29);
  return hash;
}

using TokenCounts = std::unordered_map<std::uint64_t, double>;

// The most common first, equally common ones by number.
inline std::vector<std::uint64_t> by_frequency(const TokenCounts& counts) {
  std::vector<std::uint64_t> tokens;
  for (const auto& [token, count] : counts) tokens.push_back(token);
  std::sort(tokens.begin(), tokens.end(), [&](std::uint64_t a, std::uint64_t b) {
    return counts.at(a) != counts.at(b) ? counts.at(a) > counts.at(b) : a < b;
  });
  return tokens;
}

}  // namespace amalgam
