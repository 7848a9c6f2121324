// The headers of image files: what is looked at before a decoder sees any of it.
#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"

namespace amalgam {

// From here on only one image is decoded at a time.
inline constexpr std::uint64_t kLargePixels = std::uint64_t{16} << 20;

enum class ImageKind { kJpeg, kPng, kWebp, kBmp };

constexpr const char* image_kind_name(ImageKind kind) {
  switch (kind) {
    case ImageKind::kJpeg:
      return "JPEG";
    case ImageKind::kPng:
      return "PNG";
    case ImageKind::kWebp:
      return "WebP";
    case ImageKind::kBmp:
      return "BMP";
  }
  return "";
}

struct ImageHeader {
  ImageKind kind{};
  std::uint64_t width = 0, height = 0;
};

// Of a JPEG, PNG, WebP or BMP file, by its first bytes and whatever its name. Throws kDamaged,
// naming `where`, for other files, headers that are cut short, no pixels or more than kImagePixels;
// kUnsupported with the cure for what would be read as something else: animations, and more than 8
// bits a channel.
ImageHeader read_image_header(Bytes file, const std::string& where);

}  // namespace amalgam
