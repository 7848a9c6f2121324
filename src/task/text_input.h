// How text becomes what a model takes.
#pragma once

#include "amalgam/dataset.h"
#include "amalgam/graph.h"
#include "amalgam/recipe.h"
#include "graph/tokens.h"
#include "weave/network.h"

namespace amalgam {

// The fields that the model's inputs ask for by name (attention_mask, token_type_ids, and one other
// for the tokens), and the labels that the loss needs.
TextReading text_reading(const TaskSettings& settings, const Model& model,
                         const TextLibrary* library);

// Features that hold numbers of tokens: those that index an embedding (of more than a few rows:
// types and places are no text), and what next tokens are taken from.
std::vector<std::size_t> token_fields(const Dataset& data, const TaskNetwork& network);

// What these fields number. Not exact either where gradients are clipped by their norm.
Vocabulary vocabulary_of(const Dataset& data, const TaskNetwork& network,
                         const std::vector<std::size_t>& tokens);

}  // namespace amalgam
