// Whole numbers of a field, whatever it holds them as.
#pragma once

#include "amalgam/dataset.h"
#include "base/bytes.h"

namespace amalgam {

// REQUIRES: uint8, int32 or int64.
inline std::int64_t load_integer(const Field& field, std::uint64_t element) {
  const Bytes bytes = field.tensor.source->view();
  switch (field.tensor.dtype) {
    case DType::kUInt8:
      return load_le<std::uint8_t>(bytes, element);
    case DType::kInt32:
      return load_le<std::int32_t>(bytes, 4 * element);
    default:
      return load_le<std::int64_t>(bytes, 8 * element);
  }
}

}  // namespace amalgam
