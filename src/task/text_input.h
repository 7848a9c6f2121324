// How text becomes what a model takes.
#pragma once

#include "amalgam/dataset.h"
#include "amalgam/graph.h"
#include "amalgam/recipe.h"

namespace amalgam {

// The fields that the model's inputs ask for by name (attention_mask, token_type_ids, and one other
// for the tokens), and the labels that the loss needs.
TextReading text_reading(const TaskSettings& settings, const Model& model,
                         const TextLibrary* library);

}  // namespace amalgam
