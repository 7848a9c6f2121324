// What a model does with numbers of tokens.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "amalgam/graph.h"

namespace amalgam {

// An input whose values number the rows of embeddings.
struct TokenUse {
  std::vector<std::size_t> embeddings;  // indices into Model::tensors, each once
  std::uint64_t vocabulary =
      0;  // rows of the smallest of them; the largest where there are several
  // Whether the input is of one vocabulary: else its columns number embeddings of different sizes,
  // as those of a table do.
  bool one_vocabulary = true;
  std::set<const Node*> nodes;  // the operations that look them up
  bool nothing_else = true;     // no operation reads the numbers for anything else
};

// For each input of the program; nothing where it reaches no embedding.
std::vector<std::optional<TokenUse>> find_token_uses(const Model& model, const Program& program);

// The tensors whose first dimension is the vocabulary of a program's tokens, and nothing else is.
struct Vocabulary {
  std::uint64_t size = 0;
  std::vector<std::size_t> tensors;  // embeddings; also the output's weight and bias
  // Whether another numbering leaves every sum as it is: none runs over the vocabulary.
  bool exact = true;
  std::string why_not;  // where it can't be numbered anew; then the rest is empty
};

// `inputs` are those that take tokens. With `over_output`, the programs' results run over the
// vocabulary, too.
struct VocabularyUse {
  std::vector<std::size_t> inputs;
  bool over_output = false;
};
Vocabulary find_vocabulary(const Model& model, const VocabularyUse& use);

// The padding indices of the embeddings over these tensors, numbered anew.
void renumber_padding(Model& model, const std::vector<std::size_t>& tensors,
                      const std::vector<std::uint32_t>& numbers);

}  // namespace amalgam
