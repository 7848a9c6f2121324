// Texts that are nearly others, in time that grows with their number alone.
#pragma once

#include <array>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "audit/stream_sample.h"

namespace amalgam {

// A text is the set of its runs of three tokens, padding aside, whatever the tokens' numbers are.
// One is nearly another where they have at least 40 % of their runs in common (Jaccard): a token of
// ten may be another one. Texts are compared that agree in one of six least hashes of their runs
// (min-hash, Broder 1997), each with the last few of these, so that what many begin with costs no
// more; of copies at 40 % one in twenty is missed, of nearer ones hardly any.
class TextCopies {
 public:
  // REQUIRES: kind is text. Texts of fewer than eight tokens are left out.
  void add(const StreamSample& sample);

  std::uint64_t texts() const { return copied_.size(); }
  // Those that are nearly another.
  std::uint64_t copied() const;

 private:
  static constexpr std::size_t kHashes = 6, kLast = 4;
  using Runs = std::vector<std::uint64_t>;
  struct Last {
    std::array<std::uint32_t, kLast> texts{};
    std::uint32_t count = 0;
  };

  void add(const Runs& runs);
  bool nearly(std::uint32_t text, const Runs& runs) const;

  std::vector<std::uint64_t> runs_;                // of all texts, one after another, ascending
  std::vector<std::uint64_t> end_;                 // by text, in runs_
  std::vector<bool> copied_;                       // by text
  std::unordered_map<std::uint64_t, Last> alike_;  // by least hash
};

}  // namespace amalgam
