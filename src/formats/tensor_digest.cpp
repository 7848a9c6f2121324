#include "formats/tensor_digest.h"

#include "base/hash.h"

namespace amalgam {

std::string tensor_digest(const Tensor& tensor) {
  return to_hex(Bytes(Blake2b().update(tensor.source->view()).finish()).first(16));
}

}  // namespace amalgam
