// Seeds of tests.
#pragma once

#include <cstdint>
#include <vector>

#include "base/secret.h"

namespace amalgam {

// A seed of equal bytes.
inline Secret seed_of(std::uint8_t byte) {
  return Secret(std::vector<std::byte>(kSeedBytes, std::byte{byte}));
}

}  // namespace amalgam
