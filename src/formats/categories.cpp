#include "formats/categories.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>

namespace amalgam {
namespace {

std::optional<std::int64_t> whole_number(const std::string& text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

std::vector<std::string> categories_of(std::vector<std::string> values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  if (std::all_of(values.begin(), values.end(), whole_number))
    std::sort(values.begin(), values.end(), [](const std::string& a, const std::string& b) {
      return *whole_number(a) < *whole_number(b);
    });
  return values;
}

}  // namespace amalgam
