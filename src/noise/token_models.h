// Models of text: which token comes next, for texts of a class.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "base/random.h"

namespace amalgam {

using TokenText = std::vector<std::int64_t>;
// Texts of the same class, for each class.
using TextsByClass = std::vector<std::vector<TokenText>>;

// Thread-safe after construction.
class TokenModel {
 public:
  virtual ~TokenModel() = default;
  // A text of the class, as long as `out`.
  virtual void draw(std::size_t of_class, RandomStream& random,
                    std::span<std::int64_t> out) const = 0;
};

// Every token that occurs is equally likely, whatever the class.
std::unique_ptr<TokenModel> uniform_tokens(const TextsByClass& texts);
// Tokens as often as in the class, each by itself.
std::unique_ptr<TokenModel> unigram_tokens(const TextsByClass& texts);
// Each token follows the two before it as in the texts of the class, and backs off to one or none
// with the weights of Witten and Bell (1991).
std::unique_ptr<TokenModel> trigram_tokens(const TextsByClass& texts);

}  // namespace amalgam
