// TOML files, which may be hostile: what the parser below can't bear is refused before it sees it.
#pragma once

#include <toml++/toml.h>

#include <filesystem>

namespace amalgam {

inline constexpr std::size_t kMaxTomlBytes = std::size_t{1} << 20;
// Of brackets in brackets, and of the parts of a dotted key: toml++ recurses over both.
inline constexpr std::size_t kMaxTomlDepth = 16;

// Throws kIo where the file can't be read, kInvalid with the line where it is no UTF-8 text or no
// TOML, or larger or deeper than the limits above. A byte order mark is skipped.
toml::table read_toml(const std::filesystem::path& path);

}  // namespace amalgam
