// Text that may hold what a hostile file chose, made fit for a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace amalgam {

// Most bytes of a text that are shown, before escapes.
inline constexpr std::size_t kMostShown = 1500;

// On one line: control characters (of ASCII and of Unicode, those that change the direction of text
// among them) and bytes that are not UTF-8 as escapes ("\n", "\x1b", "\u202e"), and of what is
// longer than `most` bytes its beginning and its end.
std::string printable(std::string_view text, std::size_t most = kMostShown);

// JSON text, whole, with the same characters as JSON's own escapes; line ends between values stay.
std::string printable_json(std::string_view json);

}  // namespace amalgam
