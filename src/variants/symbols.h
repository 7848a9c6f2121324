// The symbols that sizes are made of, and what is known of them.
//
// Each dimension of each parameter begins as a symbol, operations equate sizes, and the symbols
// left over at the end may be chosen freely.
#pragma once

#include "graph/operations/size.h"

namespace amalgam {

// Values of symbols, by their ids.
using Assignment = std::vector<std::uint64_t>;

// The symbols of one model. No size that it makes has more than kMostTerms terms of kMostFactors
// factors: a larger one is no model's, and its symbols are frozen.
class SymbolTable {
 public:
  static constexpr std::size_t kMostTerms = 128, kMostFactors = 64;

  // A symbol that has `value` in the model as it is.
  Size fresh(std::uint64_t value);
  // One that stands for a size which is not the model's to choose, as the batch's.
  Size opaque(std::uint64_t value);

  // States that two sizes are equal. What can't be expressed keeps its value: both are frozen.
  // False when they differ in the model as it is: then the statement is wrong.
  bool unify(const Size& first, const Size& second);
  // Keeps every symbol of the size at its value.
  void freeze(const Size& size);
  // Splits a lone symbol, or a number times one, into factor * something; nothing when it cannot
  // be.
  std::optional<Size> factored(const Size& size, std::uint64_t factor);

  // sum += size, product *= size.
  void add(Size& sum, const Size& size);
  void multiply(Size& product, const Size& size);

  // The size in terms of symbols that nothing more is known of.
  Size resolve(const Size& size);
  bool is_opaque(SymbolId id) const { return symbols_[id].opaque; }
  // Whether it was expressed by others.
  bool is_known(SymbolId id) const { return symbols_[id].known.has_value(); }
  bool has_opaque(const Size& size) const;
  std::size_t count() const { return symbols_.size(); }
  std::uint64_t value(SymbolId id) const { return symbols_[id].value; }
  // In the model as it is, and, of a resolved size, under an assignment of its symbols.
  std::uint64_t value(const Size& size) const;
  std::uint64_t value(const Size& size, const Assignment& assignment) const;

 private:
  struct Symbol {
    std::uint64_t value = 0;
    bool opaque = false;
    std::optional<Size> known;
  };
  bool define(SymbolId id, const Size& size);
  void unify_products(const Monomial& a, std::uint64_t ca, const Monomial& b, std::uint64_t cb);
  // Brings what is known of a symbol into terms of symbols that nothing more is known of.
  void settle(SymbolId id);
  bool is_settled(SymbolId id) const;
  Size substituted(const Size& size);
  void freeze_symbol(SymbolId id);
  Size frozen(const Size& a, const Size& b, std::uint64_t value);

  std::vector<Symbol> symbols_;
};

}  // namespace amalgam
