#include "base/counted.h"

namespace amalgam {

std::string counted(std::uint64_t count, std::string_view one, std::string_view many) {
  std::string text = std::to_string(count) + " ";
  if (!many.empty()) return text.append(by_count(count, one, many));
  text.append(one);
  return count == 1 ? text : text + "s";
}

}  // namespace amalgam
