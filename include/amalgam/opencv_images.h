// JPEG with libjpeg-turbo; PNG, WebP and BMP with OpenCV, which also scales.
#pragma once

#include "amalgam/image.h"

namespace amalgam {

// Lives as long as the program. Decodes what begins as one of these formats, whatever the file is
// called, and nothing else.
const ImageLibrary& opencv_images();

}  // namespace amalgam
