#include "formats/utf8.h"

#include <algorithm>
#include <cstdint>

namespace amalgam {
namespace {

struct Form {
  std::size_t bytes = 0;       // of the character; 0: its first byte begins none
  std::uint32_t first = 0;     // the bits that the first byte brings
  std::uint32_t smallest = 0;  // what takes so many bytes
};

Form form_of(unsigned char byte) {
  if (byte < 0x80) return {1, byte, 0};
  if (byte >= 0xC2 && byte < 0xE0) return {2, byte & 0x1Fu, 0x80};
  if (byte >= 0xE0 && byte < 0xF0) return {3, byte & 0x0Fu, 0x800};
  if (byte >= 0xF0 && byte < 0xF5) return {4, byte & 0x07u, 0x10000};
  return {};
}

}  // namespace

std::optional<std::size_t> find_invalid_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const Form form = form_of(static_cast<unsigned char>(text[at]));
    if (form.bytes == 0 || at + form.bytes > text.size()) return at;
    std::uint32_t character = form.first;
    for (std::size_t i = 1; i < form.bytes; ++i) {
      const auto byte = static_cast<unsigned char>(text[at + i]);
      if ((byte & 0xC0u) != 0x80u) return at;
      character = character << 6 | (byte & 0x3Fu);
    }
    const bool surrogate = character >= 0xD800 && character < 0xE000;
    if (character < form.smallest || character > 0x10FFFF || surrogate) return at;
    at += form.bytes;
  }
  return std::nullopt;
}

std::string clipped(std::string_view text, std::size_t most) {
  if (text.size() <= most) return std::string(text);
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0u) == 0x80u) --most;
  return std::string(text.substr(0, most)) + "...";
}

std::string printable(std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  while (!text.empty()) {
    const std::size_t good = find_invalid_utf8(text).value_or(text.size());
    for (std::size_t at = 0; at < std::min(text.size(), good + 1); ++at) {
      const auto byte = static_cast<unsigned char>(text[at]);
      if (at == good || byte < 0x20 || byte == 0x7F)
        out += std::string("\\x") + kHex[byte >> 4] + kHex[byte & 15];
      else
        out += text[at];
    }
    text.remove_prefix(std::min(text.size(), good + 1));
  }
  return out;
}

}  // namespace amalgam
