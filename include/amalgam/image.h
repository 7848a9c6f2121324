// Images, and the library that decodes them. The core does not link one: a caller that wants images
// read passes an ImageLibrary, as opencv_images() of amalgam/opencv_images.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace amalgam {

// 8-bit values, [height, width, channels], channels 1 (gray) or 3 (RGB).
struct Image {
  std::uint64_t height = 0, width = 0, channels = 0;
  std::vector<std::byte> pixels;
};

// [height, width] in pixels, both at least 1.
struct ImageSize {
  std::uint64_t height = 0, width = 0;
};

// Thread-safe. Owned by the caller; must live as long as datasets are being opened with it.
class ImageLibrary {
 public:
  virtual ~ImageLibrary() = default;
  // The file's image in `channels` channels, without turning it as its EXIF data may ask (as
  // torchvision's ImageFolder). Throws kDamaged, naming `where`, also when only a part is readable.
  virtual Image decode(std::span<const std::byte> file, std::uint64_t channels,
                       const std::string& where) const = 0;
  // Scaled, its proportions kept, so that it just covers `size`; then the centre of that.
  virtual Image fitted(const Image& image, ImageSize size) const = 0;
};

}  // namespace amalgam
