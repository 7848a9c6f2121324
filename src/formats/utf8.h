// UTF-8 (RFC 3629).
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

// The text as a terminal may show it: bytes that are no character, and those that steer a terminal,
// become "\\x1b".
std::string printable(std::string_view text);

}  // namespace amalgam
