// What a model's training starts from: which values PyTorch drew, so that they can be drawn anew.
#pragma once

#include <string>
#include <vector>

#include "amalgam/graph.h"
#include "base/secret.h"
#include "variants/form.h"

namespace amalgam {

// One for each of the model's tensors. Drawn anew is what was never trained: float32 parameters
// that the graph trains, and that their values or their layer say an initializer of torch.nn.init
// made (variants/recognise.h says how). All of a model is kept that has counted batches or moved
// running statistics. What is only likely to be fresh (small tensors, distributions without a grid)
// is kept where anything else of the model was trained, or made by hand.
// Reads all values, on all threads.
std::vector<Start> find_starts(const Model& model);

// Every tensor as it is.
std::vector<Start> kept_starts(const Model& model);

// The model with its starts, from the streams "<name>/<tensor>".
Model started(const Model& model, const std::vector<Start>& starts, const Secret& seed,
              const std::string& name);

}  // namespace amalgam
