#include "opencv/pixel_limit.h"

#include <cstdlib>

namespace amalgam {

void check_pixels(std::uint64_t width, std::uint64_t height, const std::string& where) {
  if (width == 0 || height == 0 || width > kMostPixels / height)
    throw Error(ErrorCode::kDamaged, where,
                "would be an image of " + std::to_string(width) + " x " + std::to_string(height) +
                    " pixels");
}

void check_pixels(Bytes file, const std::string& where) {
  const std::string_view text = as_text(file);
  if (text.starts_with("\x89PNG\r\n\x1a\n") && file.size() >= 24) {
    check_pixels(load_be32(file, 16), load_be32(file, 20), where);
  } else if (text.starts_with("BM") && file.size() >= 26 &&
             load_le<std::uint32_t>(file, 14) >= 40) {
    const auto width = load_le<std::int32_t>(file, 18), height = load_le<std::int32_t>(file, 22);
    // A negative height is an image that is stored from the top.
    check_pixels(width > 0 ? static_cast<std::uint64_t>(width) : 0,
                 static_cast<std::uint64_t>(std::llabs(height)), where);
  }
}

}  // namespace amalgam
