#include "formats/utf8.h"

#include "base/utf8.h"

namespace amalgam {

std::optional<std::size_t> find_invalid_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const Symbol symbol = first_symbol(text.substr(at));
    if (symbol.bytes == 0) return at;
    at += symbol.bytes;
  }
  return std::nullopt;
}

std::string clipped(std::string_view text, std::size_t most) {
  if (text.size() <= most) return std::string(text);
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0u) == 0x80u) --most;
  return std::string(text.substr(0, most)) + "...";
}

}  // namespace amalgam
