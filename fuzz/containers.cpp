#include "containers.h"

#include <algorithm>

namespace amalgam::fuzz {

std::string join(const std::string& first, const std::string& second) {
  const std::size_t size = first.size();
  return std::string{static_cast<char>(size & 0xFF), static_cast<char>(size >> 8 & 0xFF)} + first +
         second;
}

std::pair<std::string, std::string> split(const std::string& text) {
  if (text.size() < 2) return {text, ""};
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const std::size_t first = std::min<std::size_t>(byte(0) + 256U * byte(1), text.size() - 2);
  return {text.substr(2, first), text.substr(2 + first)};
}

}  // namespace amalgam::fuzz
