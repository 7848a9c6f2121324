// What of a text is UTF-8, and its beginning.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace amalgam {

// Where the first byte stands that is part of no character: overlong forms, surrogates and what
// lies above U+10FFFF are none. Nothing where all is well.
std::optional<std::size_t> find_invalid_utf8(std::string_view text);

// The text, or its beginning of at most so many bytes and whole characters, and "...".
std::string clipped(std::string_view text, std::size_t most = 60);

}  // namespace amalgam
