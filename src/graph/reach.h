// Which trainable parameters a loss can move.
#pragma once

#include <span>
#include <vector>

#include "amalgam/graph.h"

namespace amalgam {

// Indices into Model::tensors of the parameters with requires_grad from which no path of
// differentiable operations leads to any of these values of the training graph. Where an
// operation's derivative is in doubt the parameter counts as reached, so that each one named here
// really gets no gradient.
std::vector<std::size_t> unreached_parameters(const Model& model, std::span<const ValueId> loss_of);

// Whether a gradient of what the program returns reaches this value.
bool depends_on(const Program& program, ValueId value);

}  // namespace amalgam
