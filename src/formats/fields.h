// Arrays as fields of a dataset: their dtypes, and one row a sample.
#pragma once

#include <string>

#include "amalgam/dataset.h"
#include "formats/safetensors.h"

namespace amalgam {

// A feature: uint8, int32, int64 or float32. Throws kUnsupported with the cure, or kInvalid where
// there are no rows or nothing in them.
Field make_feature(NamedTensor named, const std::string& where);
// A target: float32, uint8 of more than one number a row (masks), or integers and bools, which
// become int64.
Field make_target(NamedTensor named, const std::string& where);

}  // namespace amalgam
