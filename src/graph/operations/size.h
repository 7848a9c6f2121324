// Sizes of dimensions as unknowns: sums of products of symbols.
//
// A network's widths are tied to each other: what a layer puts out, the next takes in; what is
// concatenated adds up; what is flattened multiplies. Rules of operations state such ties between
// sizes; what follows from them is worked out above (variants/symbols.h).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace amalgam {

// Of an unknown; whose it is, and what is known of it, the table of symbols says.
using SymbolId = std::uint32_t;

// A product of symbols (sorted, with repetitions).
using Monomial = std::vector<SymbolId>;

// A sum of monomials with positive coefficients; the empty monomial's is the constant part. Copies
// are cheap: they share their terms until one of them changes.
class Size {
 public:
  using Terms = std::map<Monomial, std::uint64_t>;

  Size() = default;  // 0
  static Size constant(std::uint64_t value);
  static Size symbol(SymbolId id);

  bool operator==(const Size& other) const {
    return terms_ == other.terms_ || terms() == other.terms();
  }
  const Terms& terms() const;
  // REQUIRES: the monomial is sorted.
  void add(const Monomial& monomial, std::uint64_t coefficient);

  std::optional<std::uint64_t> as_constant() const;
  std::optional<SymbolId> as_symbol() const;  // the symbol alone, once
  // The size divided by a number, where every coefficient can be.
  std::optional<Size> divided(std::uint64_t by) const;
  bool contains(SymbolId id) const;
  std::size_t factors() const;  // of the longest monomial

 private:
  std::shared_ptr<Terms> terms_;  // null: 0
};

// For sizes with few terms: WidthContext's add() and multiply() bound what they make.
Size operator*(const Size& a, const Size& b);

}  // namespace amalgam
