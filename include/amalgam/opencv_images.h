// JPEG with libjpeg-turbo; PNG, WebP and BMP with OpenCV, which also scales.
#pragma once

#include "amalgam/image.h"

namespace amalgam {

const ImageLibrary& opencv_images();

}  // namespace amalgam
