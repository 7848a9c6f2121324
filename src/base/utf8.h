// UTF-8 (RFC 3629), one character after another.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace amalgam {

struct Symbol {
  std::uint32_t code;  // of a byte that begins no character: the byte
  std::size_t
      bytes;  // 0: not UTF-8; overlong forms, surrogates and what lies above U+10FFFF are not
};

// The first character of a text that is not empty.
Symbol first_symbol(std::string_view text);

}  // namespace amalgam
