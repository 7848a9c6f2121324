// Arrays of images in another size and another number of channels.
#pragma once

#include <optional>

#include "amalgam/dataset.h"

namespace amalgam {

// The field's rows as uint8 [N, C, H, W] of the given shape [C, H, W], where they are images: uint8
// [N, H, W] or [N, C, H, W] with 1 or 3 channels on both sides. Scaled to cover and cut in the
// middle; gray becomes three equal channels, and colours become their luma (ITU-R BT.601). Nothing
// otherwise.
std::optional<Field> fitted_images(const Field& field, const Shape& shape,
                                   const ImageLibrary& images);

}  // namespace amalgam
