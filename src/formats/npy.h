// The .npy format, versions 1 to 3 (numpy.lib.format).
#pragma once

#include <memory>
#include <string>

#include "amalgam/tensor.h"
#include "base/bytes.h"

namespace amalgam {

// The array in `bytes`, kept alive by `owner`; copied where it is in Fortran order or big-endian.
// Throws kDamaged, or kUnsupported with the cure (objects, strings, records).
Tensor parse_npy(Bytes bytes, std::shared_ptr<const void> owner, const std::string& where);
bool looks_like_npy(Bytes bytes);
// Header of a version-1 file for this dtype and shape; the raw bytes follow it.
std::string npy_header(DType dtype, const Shape& shape);

}  // namespace amalgam
