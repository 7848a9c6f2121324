#include "variants/symbols.h"

#include <algorithm>
#include <numeric>

namespace amalgam {

Size SymbolTable::fresh(std::uint64_t value) {
  symbols_.push_back({value, false, std::nullopt});
  return Size::symbol(static_cast<SymbolId>(symbols_.size() - 1));
}

Size SymbolTable::opaque(std::uint64_t value) {
  symbols_.push_back({value, true, std::nullopt});
  return Size::symbol(static_cast<SymbolId>(symbols_.size() - 1));
}

// What is too large to be followed: its symbols keep their values.
Size SymbolTable::frozen(const Size& a, const Size& b, std::uint64_t value) {
  const bool any_opaque = has_opaque(resolve(a)) || has_opaque(resolve(b));
  freeze(a);
  freeze(b);
  return any_opaque ? opaque(value) : Size::constant(value);
}

void SymbolTable::add(Size& sum, const Size& size) {
  if (sum.terms().size() + size.terms().size() > kMostTerms) {
    sum = frozen(sum, size, value(sum) + value(size));
    return;
  }
  for (const auto& [monomial, coefficient] : size.terms()) sum.add(monomial, coefficient);
}

void SymbolTable::multiply(Size& product, const Size& size) {
  if (product.terms().size() * size.terms().size() > kMostTerms ||
      product.factors() + size.factors() > kMostFactors)
    product = frozen(product, size, value(product) * value(size));
  else
    product = product * size;
}

bool SymbolTable::is_settled(SymbolId id) const {
  if (!symbols_[id].known) return true;
  for (const auto& [monomial, coefficient] : symbols_[id].known->terms())
    for (SymbolId other : monomial)
      if (symbols_[other].known) return false;
  return true;
}

void SymbolTable::settle(SymbolId id) {
  std::vector<SymbolId> open = {id};
  while (!open.empty()) {
    const SymbolId at = open.back();
    const std::size_t before = open.size();
    if (!is_settled(at))
      for (const auto& [monomial, coefficient] : symbols_[at].known->terms())
        for (SymbolId other : monomial)
          if (!is_settled(other)) open.push_back(other);
    if (open.size() > before) continue;
    // What it is made of may have been frozen on the way.
    if (is_settled(at))
      open.pop_back();
    else
      symbols_[at].known = substituted(*symbols_[at].known);
  }
}

// For sizes whose symbols are settled.
Size SymbolTable::substituted(const Size& size) {
  Size out;
  for (const auto& [monomial, coefficient] : size.terms()) {
    Size product = Size::constant(coefficient);
    for (SymbolId id : monomial)
      multiply(product, symbols_[id].known ? *symbols_[id].known : Size::symbol(id));
    add(out, product);
  }
  return out;
}

Size SymbolTable::resolve(const Size& size) {
  Size out = size;
  for (bool changed = true; changed;) {
    changed = false;
    for (const auto& [monomial, coefficient] : out.terms())
      for (SymbolId id : monomial) {
        settle(id);
        changed = changed || symbols_[id].known;
      }
    if (changed) out = substituted(out);
  }
  return out;
}

std::uint64_t SymbolTable::value(const Size& size) const {
  std::uint64_t sum = 0;
  for (const auto& [monomial, coefficient] : size.terms()) {
    std::uint64_t product = coefficient;
    for (SymbolId id : monomial) product *= symbols_[id].value;
    sum += product;
  }
  return sum;
}

std::uint64_t SymbolTable::value(const Size& size, const Assignment& assignment) const {
  std::uint64_t sum = 0;
  for (const auto& [monomial, coefficient] : size.terms()) {
    std::uint64_t product = coefficient;
    for (SymbolId id : monomial) product *= assignment[id];
    sum += product;
  }
  return sum;
}

bool SymbolTable::has_opaque(const Size& size) const {
  for (const auto& [monomial, coefficient] : size.terms())
    for (SymbolId id : monomial)
      if (symbols_[id].opaque) return true;
  return false;
}

bool SymbolTable::define(SymbolId id, const Size& size) {
  if (symbols_[id].opaque || size.contains(id) || has_opaque(size)) return false;
  symbols_[id].known = size;
  return true;
}

void SymbolTable::freeze_symbol(SymbolId id) {
  settle(id);
  if (symbols_[id].opaque) return;
  const Size known = symbols_[id].known.value_or(Size::symbol(id));
  for (const auto& [monomial, coefficient] : known.terms())
    for (SymbolId own : monomial)
      if (!symbols_[own].opaque) symbols_[own].known = Size::constant(symbols_[own].value);
}

void SymbolTable::freeze(const Size& size) {
  for (const auto& [monomial, coefficient] : size.terms())
    for (SymbolId id : monomial) freeze_symbol(id);
}

std::optional<Size> SymbolTable::factored(const Size& size, std::uint64_t factor) {
  const Size known = resolve(size);
  if (auto quotient = known.divided(factor)) return quotient;
  if (factor == 0 || known.terms().size() != 1) return std::nullopt;
  const auto [monomial, coefficient] = *known.terms().begin();
  const std::uint64_t common = std::gcd(coefficient, factor), missing = factor / common;
  if (monomial.size() != 1 || symbols_[monomial.front()].opaque ||
      symbols_[monomial.front()].value % missing != 0)
    return std::nullopt;
  const Size rest = fresh(symbols_[monomial.front()].value / missing);
  symbols_[monomial.front()].known = Size::constant(missing) * rest;
  return Size::constant(coefficient / common) * rest;
}

namespace {

Size product_of(const Monomial& monomial, std::uint64_t coefficient) {
  Size size;
  size.add(monomial, coefficient);
  return size;
}

}  // namespace

void SymbolTable::unify_products(const Monomial& a, std::uint64_t ca, const Monomial& b,
                                 std::uint64_t cb) {
  Monomial left, right;
  std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(left));
  std::set_difference(b.begin(), b.end(), a.begin(), a.end(), std::back_inserter(right));
  const std::uint64_t common = std::gcd(ca, cb);
  ca /= common;
  cb /= common;
  // ca * left = cb * right, without a common factor.
  if (left.size() == 1 && ca == 1 && define(left.front(), product_of(right, cb))) return;
  if (right.size() == 1 && cb == 1 && define(right.front(), product_of(left, ca))) return;
  if (left.size() == 1 && right.size() == 1 && !symbols_[left.front()].opaque &&
      !symbols_[right.front()].opaque) {
    // ca * s = cb * t: both are multiples of one unknown.
    const Size unit = fresh(symbols_[left.front()].value / cb);
    symbols_[left.front()].known = Size::constant(cb) * unit;
    symbols_[right.front()].known = Size::constant(ca) * unit;
    return;
  }
  freeze(product_of(left, 1));
  freeze(product_of(right, 1));
}

bool SymbolTable::unify(const Size& first, const Size& second) {
  if (first == second) return true;
  Size a = resolve(first), b = resolve(second);
  if (a == b) return true;
  if (value(a) != value(b)) return false;
  // What both sides have alike falls away.
  Size left, right;
  for (const auto& [monomial, coefficient] : a.terms()) {
    const auto other = b.terms().find(monomial);
    const std::uint64_t shared =
        other == b.terms().end() ? 0 : std::min(coefficient, other->second);
    left.add(monomial, coefficient - shared);
  }
  for (const auto& [monomial, coefficient] : b.terms()) {
    const auto other = a.terms().find(monomial);
    const std::uint64_t shared =
        other == a.terms().end() ? 0 : std::min(coefficient, other->second);
    right.add(monomial, coefficient - shared);
  }
  for (auto [one, rest] : {std::pair{&left, &right}, {&right, &left}}) {
    if (one->terms().size() != 1) continue;
    const auto [monomial, coefficient] = *one->terms().begin();
    if (monomial.size() != 1) continue;
    if (const auto quotient = rest->divided(coefficient))
      if (!rest->terms().empty() && define(monomial.front(), *quotient)) return true;
  }
  if (left.terms().size() == 1 && right.terms().size() == 1) {
    const auto [ma, ca] = *left.terms().begin();
    const auto [mb, cb] = *right.terms().begin();
    unify_products(ma, ca, mb, cb);
    return true;
  }
  freeze(left);
  freeze(right);
  return true;
}

}  // namespace amalgam
