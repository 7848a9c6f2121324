#include "formats/look_alikes.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <string_view>

#include "base/utf8.h"
#include "formats/decompositions.h"

namespace amalgam {
namespace {

// Hangul (The Unicode Standard, 3.12).
constexpr std::uint32_t kSyllables = 0xAC00, kLead = 0x1100, kVowel = 0x1161, kTail = 0x11A7;
constexpr std::uint32_t kVowels = 21, kTails = 28, kSyllableCount = 19 * kVowels * kTails;

void decompose(std::uint32_t code, std::u32string& out) {
  if (const std::uint32_t i = code - kSyllables; code >= kSyllables && i < kSyllableCount) {
    out += static_cast<char32_t>(kLead + i / (kVowels * kTails));
    out += static_cast<char32_t>(kVowel + i / kTails % kVowels);
    if (i % kTails != 0) out += static_cast<char32_t>(kTail + i % kTails);
    return;
  }
  const auto* const found = std::lower_bound(
      std::begin(kDecompositions), std::end(kDecompositions), code,
      [](const Decomposition& one, std::uint32_t wanted) { return one.whole < wanted; });
  if (found == std::end(kDecompositions) || found->whole != code) {
    out += static_cast<char32_t>(code);
    return;
  }
  decompose(found->first, out);
  if (found->second != 0) decompose(found->second, out);
}

bool is_mark(char32_t code) {
  if (code >= 0x300 && code < 0x370) return true;
  return code > 0x370 && std::any_of(std::begin(kDecompositions), std::end(kDecompositions),
                                     [code](const auto& one) { return one.second == code; });
}

// The same for names that are canonically equivalent. Marks on one letter stand in the order of
// their numbers: Unicode's own order needs another table, and tells no names apart that look it.
std::u32string canonical(std::string_view name) {
  std::u32string out;
  while (!name.empty()) {
    const Symbol symbol = first_symbol(name);
    decompose(symbol.code, out);
    name.remove_prefix(std::max<std::size_t>(1, symbol.bytes));
  }
  for (auto at = out.begin(); at != out.end();) {
    at = std::find_if(at, out.end(), is_mark);
    const auto end = std::find_if_not(at, out.end(), is_mark);
    std::sort(at, end);
    at = end;
  }
  return out;
}

// With numbers in place of what is not ASCII, because the letters look the same.
std::string numbered(std::string_view name) {
  std::string out;
  while (!name.empty()) {
    const Symbol symbol = first_symbol(name);
    if (symbol.code < 0x80)
      out += static_cast<char>(symbol.code);
    else if (symbol.bytes == 0)
      out += fmt::format("\\x{:02x}", symbol.code);
    else if (symbol.code <= 0xFFFF)
      out += fmt::format("\\u{:04x}", symbol.code);
    else
      out += fmt::format("\\U{:08x}", symbol.code);
    name.remove_prefix(std::max<std::size_t>(1, symbol.bytes));
  }
  return out;
}

bool is_ascii(std::string_view name) {
  return std::all_of(name.begin(), name.end(), [](unsigned char c) { return c < 0x80; });
}

}  // namespace

std::optional<std::string> find_look_alikes(const std::vector<std::string>& names) {
  std::map<std::u32string, std::string_view> seen;
  for (const std::string& name : names) {
    if (is_ascii(name)) continue;
    const auto [other, is_new] = seen.emplace(canonical(name), name);
    if (!is_new)
      return fmt::format(
          "the classes '{}' and '{}', which look the same: their accents are written in two ways "
          "(Unicode NFC and NFD); give both one name",
          numbered(other->second), numbered(name));
  }
  return std::nullopt;
}

}  // namespace amalgam
