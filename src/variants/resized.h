// A model in other widths.
#pragma once

#include "amalgam/model.h"
#include "variants/inference.h"

namespace amalgam {

// The model with the sizes of `sizes` (by symbol; only the free ones count): shapes of tensors and
// values, and the numbers among arguments that follow them. Tensors whose shape changed have no
// source: the caller fills them. Throws kInvalid when the outcome's shapes contradict each other.
// Costs a width inference; sized() is the same without that check, for trying sizes.
Model resized(const Model& model, const WidthInference& widths, const Assignment& sizes);

Model sized(const Model& model, const WidthInference& widths, const Assignment& sizes);

// Every symbol at the size that it has in the model.
Assignment own_sizes(const WidthInference& widths);

}  // namespace amalgam
