// JPEG with libjpeg-turbo: OpenCV would hand out the readable part of a damaged file without a
// word.
#pragma once

#include <optional>

#include "amalgam/image.h"
#include "base/bytes.h"

namespace amalgam {

// Nothing for colours that libjpeg-turbo does not turn into RGB (CMYK). Throws kDamaged, naming
// `where`.
std::optional<Image> decode_jpeg(Bytes file, std::uint64_t channels, const std::string& where);

}  // namespace amalgam
