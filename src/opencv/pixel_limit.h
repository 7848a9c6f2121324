// The most pixels that an image may have: a file of a few bytes can promise any number of them.
#pragma once

#include <string>

#include "base/bytes.h"

namespace amalgam {

inline constexpr std::uint64_t kMostPixels = std::uint64_t{1} << 28;

// Throw kDamaged, naming `where`, for more pixels than that.
void check_pixels(std::uint64_t width, std::uint64_t height, const std::string& where);
// The same, for the sizes that the headers of PNG and BMP files tell; WebP's are bounded by its
// format.
void check_pixels(Bytes file, const std::string& where);

}  // namespace amalgam
