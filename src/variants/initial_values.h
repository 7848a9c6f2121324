// Values that a variant starts from: of the form that its model's have.
#pragma once

#include <string>
#include <vector>

#include "amalgam/graph.h"
#include "base/secret.h"

namespace amalgam {

// `variant` (its tensor i imitates the model's tensor origin[i], perhaps in another shape) with
// trainable values of the form that `model` has: constant tensors stay constant, those that an
// initializer of torch.nn explains are drawn by it, and others have their values shuffled, or drawn
// from their quantiles in another shape (in blocks, so that memory stays bounded). Buffers,
// constants, frozen parameters and integer tensors are the model's own. Draws from the streams
// "<name>/<tensor>/<block>".
Model initialised(const Model& variant, const std::vector<std::size_t>& origin, const Model& model,
                  const Secret& seed, const std::string& name);

// Whether most values of the weights are explained by no initializer: the model was trained before.
bool looks_trained(const Model& model);

}  // namespace amalgam
