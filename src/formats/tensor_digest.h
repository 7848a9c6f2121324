// A short digest of a tensor's bytes.
#pragma once

#include <string>

#include "amalgam/tensor.h"

namespace amalgam {

// 16 bytes of BLAKE2b over the bytes alone, in hex. REQUIRES: tensor.source->view() has them.
std::string tensor_digest(const Tensor& tensor);

}  // namespace amalgam
