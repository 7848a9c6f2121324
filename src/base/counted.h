// Counts in messages: "1 row", "2 rows".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace amalgam {

// The word that goes with so many of them.
constexpr std::string_view by_count(std::uint64_t count, std::string_view one,
                                    std::string_view many) {
  return count == 1 ? one : many;
}

// The number and what it counts. `many`: where that is not `one` with an s.
std::string counted(std::uint64_t count, std::string_view one, std::string_view many = {});

}  // namespace amalgam
