#include "cli/sparkline.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string_view>

namespace amalgam::cli {
namespace {

constexpr std::string_view kBlocks[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
constexpr std::string_view kDigits[] = {"1", "2", "3", "4", "5", "6", "7", "8"};

// Of those that are finite; NaN where none is.
double mean(const std::vector<double>& heights, std::size_t first, std::size_t end) {
  double sum = 0;
  std::size_t count = 0;
  for (std::size_t i = first; i < end; ++i)
    if (std::isfinite(heights[i])) sum += heights[i], ++count;
  return count ? sum / static_cast<double>(count) : NAN;
}

}  // namespace

bool writes_utf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* value = std::getenv(name);
    if (!value || !*value) continue;
    std::string charset(value);
    std::transform(charset.begin(), charset.end(), charset.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return charset.find("utf-8") != std::string::npos || charset.find("utf8") != std::string::npos;
  }
  return false;
}

std::string sparkline(const std::vector<double>& heights, std::size_t width, bool blocks) {
  const std::size_t count = heights.size(), columns = std::min(count, width);
  std::string line;
  for (std::size_t c = 0; c < columns; ++c) {
    const double height = mean(heights, c * count / columns, (c + 1) * count / columns);
    if (!std::isfinite(height)) {
      line += 'x';
      continue;
    }
    const auto size = static_cast<std::size_t>(std::clamp(height * 8, 0.0, 7.0));
    line += blocks ? kBlocks[size] : kDigits[size];
  }
  return line;
}

}  // namespace amalgam::cli
