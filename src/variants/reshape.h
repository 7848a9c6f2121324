// What a reshape does to sizes: dimensions that are merged multiply, one that is split is a
// product.
#pragma once

#include <cstdint>
#include <optional>
#include <set>

#include "variants/inference.h"

namespace amalgam {

// Sizes of a tensor of sizes `in`, seen in the shape that the export recorded as `recorded`
// (numbers, and opaque sizes). Splits a width where the shape asks for it: into the numbers given
// and a rest that may vary, the last; or, where the last dimension is split and its last part is
// one of `heads`, the largest of the others, a 3 (queries, keys and values) aside. Nothing where
// the shapes do not fit together.
std::optional<Sizes> reshaped(const Sizes& in, const Sizes& recorded, SymbolTable& symbols,
                              const std::set<std::uint64_t>& heads = {});

}  // namespace amalgam
