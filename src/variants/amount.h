// A model in the widths that give it a number of parameters.
#pragma once

#include "variants/resized.h"

namespace amalgam {

// The model with so many parameters, relative to its own, or as near as its sizes allow: each size
// that may vary times one factor, rounded to size_step(). Sizes that are equal stay equal. With
// `classes`, where they are given; they need widths.classes. Nothing where no size may vary.
std::optional<Model> with_parameters(const Model& model, const WidthInference& widths, double ratio,
                                     const std::optional<std::uint64_t>& classes);

// The steps in which such sizes differ: what the model's have in common, or a part of it where
// there would be too few to choose from. 1 where none may vary.
std::uint64_t size_step(const WidthInference& widths);

}  // namespace amalgam
