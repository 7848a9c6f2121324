// Changes of a model's structure, for variants: another activation, another kernel, a block more or
// less. Each keeps the shapes of all values that remain, so a changed model runs as it is.
#pragma once

#include <vector>

#include "amalgam/graph.h"
#include "base/random.h"

namespace amalgam {

struct ChangedModel {
  Model model;
  // Of each tensor: the one of the original model whose form its values have.
  std::vector<std::size_t> origin;
};

// Each change alone; false where the model has no place for it. Tensors in another shape lose their
// source. A model with another program for eval is left as it is.
// The same random numbers give the same change.
bool change_activations(ChangedModel& changed, RandomStream& random);
bool change_kernel(ChangedModel& changed, RandomStream& random);
bool change_blocks(ChangedModel& changed, RandomStream& random);

ChangedModel unchanged(Model model);
// Each of the changes, or not, by a coin.
ChangedModel changed_structure(const Model& model, RandomStream& random);

// How often the program reads each tensor; as an output, too.
std::vector<std::size_t> reads_of_tensors(const Model& model);

}  // namespace amalgam
