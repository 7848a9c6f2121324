// The IDX format of MNIST (http://yann.lecun.com/exdb/mnist), plain or gzipped.
#pragma once

#include <filesystem>

#include "amalgam/tensor.h"
#include "base/bytes.h"

namespace amalgam {

// Whether the (inflated) bytes begin as IDX does: two zero bytes, a type, a number of dimensions.
bool looks_like_idx(Bytes bytes);
// The array in `bytes`, kept alive by `owner`. Throws kDamaged; kUnsupported for other types than
// unsigned bytes.
Tensor parse_idx(Bytes bytes, std::shared_ptr<const void> owner, const std::string& where);

}  // namespace amalgam
