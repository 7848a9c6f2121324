// What a model does with numbers of tokens.
#pragma once

#include <optional>
#include <vector>

#include "amalgam/graph.h"

namespace amalgam {

// An input whose values number the rows of embeddings.
struct TokenUse {
  std::vector<std::size_t> embeddings;  // indices into Model::tensors, each once
  std::uint64_t vocabulary = 0;         // rows of the smallest of them
  bool nothing_else = true;             // no operation reads the numbers for anything else
};

// Nothing where the input reaches no embedding.
std::optional<TokenUse> find_token_use(const Model& model, const Program& program,
                                       std::size_t input);

}  // namespace amalgam
