#include "graph/operations/size.h"

#include <algorithm>

namespace amalgam {

Size Size::constant(std::uint64_t value) {
  Size size;
  size.add({}, value);
  return size;
}

Size Size::symbol(SymbolId id) {
  Size size;
  size.add({id}, 1);
  return size;
}

const Size::Terms& Size::terms() const {
  static const Terms kNone;
  return terms_ ? *terms_ : kNone;
}

void Size::add(const Monomial& monomial, std::uint64_t coefficient) {
  if (coefficient == 0) return;
  if (!terms_)
    terms_ = std::make_shared<Terms>();
  else if (terms_.use_count() > 1)
    terms_ = std::make_shared<Terms>(*terms_);
  (*terms_)[monomial] += coefficient;
}

std::optional<std::uint64_t> Size::as_constant() const {
  if (terms().empty()) return 0;
  if (terms().size() == 1 && terms().begin()->first.empty()) return terms().begin()->second;
  return std::nullopt;
}

std::optional<SymbolId> Size::as_symbol() const {
  if (terms().size() != 1) return std::nullopt;
  const auto& [monomial, coefficient] = *terms().begin();
  if (monomial.size() != 1 || coefficient != 1) return std::nullopt;
  return monomial.front();
}

std::optional<Size> Size::divided(std::uint64_t by) const {
  if (by == 0) return std::nullopt;
  Size out;
  for (const auto& [monomial, coefficient] : terms()) {
    if (coefficient % by != 0) return std::nullopt;
    out.add(monomial, coefficient / by);
  }
  return out;
}

bool Size::contains(SymbolId id) const {
  return std::any_of(terms().begin(), terms().end(), [&](const auto& term) {
    return std::binary_search(term.first.begin(), term.first.end(), id);
  });
}

std::size_t Size::factors() const {
  std::size_t most = 0;
  for (const auto& [monomial, coefficient] : terms()) most = std::max(most, monomial.size());
  return most;
}

Size operator*(const Size& a, const Size& b) {
  Size product;
  for (const auto& [left, ca] : a.terms())
    for (const auto& [right, cb] : b.terms()) {
      Monomial both;
      std::merge(left.begin(), left.end(), right.begin(), right.end(), std::back_inserter(both));
      product.add(both, ca * cb);
    }
  return product;
}

}  // namespace amalgam
