// The sizes of a variant.
#pragma once

#include "base/random.h"
#include "graph/widths/variant.h"

namespace amalgam {

// A variant with about `ratio` times the model's cost, below or above it in parameters and in FLOPs
// alike, as far as ratio is below or above 1. Sizes that are equal in the model stay equal. A model
// built on one number (64, 128, 256, ...) is built on another; otherwise each of its sizes is drawn
// by itself, on the lattice of the model's sizes. With `classes` it has that many, which needs
// widths.classes. Nothing where there is nothing to choose, or none fit.
std::optional<Model> draw_variant(const Model& model, const WidthInference& widths, double ratio,
                                  const std::optional<std::uint64_t>& classes,
                                  RandomStream& random);

// What the free sizes of a model have in common.
struct Lattice {
  std::uint64_t base = 1;  // of which all are multiples
  std::uint64_t step = 1;  // in which the sizes of variants, or their base, differ
  bool scaled = false;     // variants keep the sizes' proportions
};
Lattice find_lattice(const WidthInference& widths);

}  // namespace amalgam
