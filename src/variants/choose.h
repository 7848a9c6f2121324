// The sizes of a variant.
#pragma once

#include "base/random.h"
#include "variants/resized.h"

namespace amalgam {

// What a model costs: its parameters, and the FLOPs of one sample forward.
struct Load {
  double parameters = 0, flops = 0;
};
Load load_of(const Model& model);

// What a variant is asked to be.
struct VariantGoal {
  Load reference;    // what its cost is measured by
  double ratio = 1;  // of it
  // Only parameters count, and close to the ratio will do. Otherwise parameters and FLOPs count
  // alike, and both are below or above the reference's, as the ratio is below or above 1.
  bool parameters_only = false;
  std::optional<std::uint64_t> classes;  // needs widths.classes; none: the model's
};

// The model in widths that make it cost what the goal says. Sizes that are equal in the model stay
// equal. A model built on one number (64, 128, 256, ...) is built on another; otherwise each of its
// sizes is drawn by itself, on the lattice of the model's sizes. Nothing where there is nothing to
// choose, or none fit.
std::optional<Model> draw_variant(const Model& model, const WidthInference& widths,
                                  const VariantGoal& goal, RandomStream& random);

// What the free sizes of a model have in common.
struct Lattice {
  std::uint64_t base = 1;  // of which all are multiples
  std::uint64_t step = 1;  // in which the sizes of variants, or their base, differ
  bool scaled = false;     // variants keep the sizes' proportions
};
Lattice find_lattice(const WidthInference& widths);

}  // namespace amalgam
