// The starts of a model in another form.
#pragma once

#include <vector>

#include "amalgam/graph.h"
#include "variants/form.h"

namespace amalgam {

// Tensors whose sizes a variant keeps, because their values stay, or differ from row to row.
// Buffers of one value take any size.
std::vector<bool> sizes_kept(const Model& model, const std::vector<Start>& starts);

// A variant's starts: its tensor i is drawn as the model's tensor origin[i], with the bounds and
// deviations that torch.nn.init's functions give for its fans where the model's are one of them.
// REQUIRES: what sizes_kept() says has its shape.
std::vector<Start> variant_starts(const Model& model, const std::vector<Start>& starts,
                                  const Model& variant, const std::vector<std::size_t>& origin);

// The variant with values in all its tensors of another shape that are not drawn: buffers of one
// value.
void fill_constants(const Model& model, const std::vector<std::size_t>& origin, Model& variant);

}  // namespace amalgam
