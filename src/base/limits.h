// How much of anything an input may make us do, in one place. What is bounded by memory is a share
// of this machine's; every message that refuses names the limit.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace amalgam {

struct Limit {
  std::string_view what;  // "bytes that one input may unfold to"
  std::uint64_t most;
  // "the limit on the bytes that ... is 12345"
  std::string text() const;
};

// The machine's memory in bytes: what is built in, or less where a control group grants less.
std::uint64_t machine_memory();

// Half of the memory: what one input may unfold to, by inflating or decoding, whatever its headers
// promise.
Limit unfolded_bytes();

// How many rows so many streams may have: their numbers take half of the memory.
Limit row_numbers(std::uint64_t streams);

inline constexpr Limit kImagePixels = {"pixels of an image", std::uint64_t{1} << 28};
inline constexpr Limit kImageFileBytes = {"bytes of an image file", std::uint64_t{256} << 20};
inline constexpr Limit kScaledSide = {"pixels of the longer side of a scaled image", 1u << 16};
inline constexpr Limit kFolderDepth = {"folders inside folders", 32};
inline constexpr Limit kTextRowBytes = {"bytes of a row of text", std::uint64_t{1} << 20};
inline constexpr Limit kArrayDimensions = {"dimensions of an array", 64};
inline constexpr Limit kJsonBytes = {"bytes of JSON", std::uint64_t{512} << 20};
inline constexpr Limit kJsonDepth = {"lists and objects of JSON in one another", 256};
inline constexpr Limit kGraphValues = {"values of a graph", 10'000'000};
// Each is a "with" in model.py, of which Python takes 20 in one another.
inline constexpr Limit kSubgraphDepth = {"subgraphs in one another", 16};
inline constexpr Limit kNpyHeaderBytes = {"bytes of an npy header", std::uint64_t{1} << 20};

// Throws kUnsupported, naming `where`, what was found and the limit.
void check_limit(std::uint64_t found, const Limit& limit, const std::string& where);

}  // namespace amalgam
