// What a reshape does to sizes: dimensions that are merged multiply, one that is split is a
// product.
#pragma once

#include <optional>

#include "variants/inference.h"

namespace amalgam {

// Sizes of a tensor of sizes `in`, seen in the shape that the export recorded as `recorded`
// (numbers, and opaque sizes). Splits a width where the shape asks for it: into the numbers given
// and a rest that may vary, the last. Nothing where the shapes do not fit together.
std::optional<Sizes> reshaped(const Sizes& in, const Sizes& recorded, SymbolTable& symbols);

}  // namespace amalgam
