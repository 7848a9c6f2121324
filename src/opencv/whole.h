// Whether a PNG or BMP file is all there: OpenCV would hand out the readable part of one without a
// word.
#pragma once

#include <string>

#include "base/bytes.h"

namespace amalgam {

// PNG: every chunk to the last, with its checksum. BMP: all rows, where they are not compressed.
// Throws kDamaged, naming `where`; says nothing about other formats.
void check_whole(Bytes file, const std::string& where);

}  // namespace amalgam
