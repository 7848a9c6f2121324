#include "base/printable.h"

#include <fmt/format.h>

#include <cstdint>

#include "base/utf8.h"

namespace amalgam {
namespace {

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// Characters that move the cursor, end the line, or turn text around; and those that show nothing.
bool changes_what_is_shown(std::uint32_t code) {
  return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x61C || code == 0x200E ||
         code == 0x200F || (code >= 0x2028 && code <= 0x202E) ||
         (code >= 0x2066 && code <= 0x2069) || code == 0xFEFF ||
         (code >= 0xFFF9 && code <= 0xFFFB) || (code >= 0xE0000 && code <= 0xE007F);
}

std::string escaped(const Symbol& symbol) {
  if (symbol.code == '\n') return "\\n";
  if (symbol.code == '\t') return "\\t";
  if (symbol.code == '\r') return "\\r";
  if (symbol.bytes <= 1) return fmt::format("\\x{:02x}", symbol.code);
  return symbol.code > 0xFFFF ? fmt::format("\\U{:08x}", symbol.code)
                              : fmt::format("\\u{:04x}", symbol.code);
}

std::string escaped_in_json(const Symbol& symbol) {
  if (symbol.bytes == 0) return "\\ufffd";
  if (symbol.code <= 0xFFFF) return fmt::format("\\u{:04x}", symbol.code);
  const std::uint32_t rest = symbol.code - 0x10000;
  return fmt::format("\\u{:04x}\\u{:04x}", 0xD800 + (rest >> 10), 0xDC00 + (rest & 0x3FF));
}

template <typename Shown, typename Escape>
void append(std::string& out, std::string_view text, Shown shown, Escape escape) {
  while (!text.empty()) {
    const Symbol symbol = first_symbol(text);
    const std::size_t bytes = symbol.bytes == 0 ? 1 : symbol.bytes;
    if (symbol.bytes > 0 && shown(symbol.code))
      out += text.substr(0, bytes);
    else
      out += escape(symbol);
    text.remove_prefix(bytes);
  }
}

}  // namespace

std::string printable(std::string_view text, std::size_t most) {
  const auto shown = [](std::uint32_t code) { return !changes_what_is_shown(code); };
  std::string out;
  if (text.size() <= most) {
    append(out, text, shown, escaped);
    return out;
  }
  // The end of a message is what says how to mend it.
  std::size_t head = most / 2, tail = text.size() - most / 2;
  while (head > 0 && is_continuation(text[head])) --head;
  while (tail < text.size() && is_continuation(text[tail])) ++tail;
  append(out, text.substr(0, head), shown, escaped);
  out += fmt::format(" [... {} bytes ...] ", tail - head);
  append(out, text.substr(tail), shown, escaped);
  return out;
}

std::string printable_json(std::string_view json) {
  std::string out;
  append(
      out, json, [](std::uint32_t code) { return code == '\n' || !changes_what_is_shown(code); },
      escaped_in_json);
  return out;
}

}  // namespace amalgam
