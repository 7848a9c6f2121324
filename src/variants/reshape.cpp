#include "variants/reshape.h"

namespace amalgam {
namespace {

Size product(const Sizes& sizes, SymbolTable& symbols) {
  Size out = Size::constant(1);
  for (const Size& size : sizes) symbols.multiply(out, size);
  return out;
}

// A product shared among sizes whose values are known: each takes the symbols that divide it, in
// order.
struct Shares {
  Sizes taken;                      // the symbols that each took
  std::vector<std::uint64_t> left;  // the number that is then left of each
  Monomial rest;                    // the symbols that none took
};

Shares share(const Monomial& symbols, const Sizes& values, const SymbolTable& table) {
  Shares out{{}, {}, symbols};
  for (const Size& value : values) {
    std::uint64_t left = table.value(value);
    Size taken = Size::constant(1);
    for (auto id = out.rest.begin(); id != out.rest.end();) {
      if (table.value(*id) <= 1 || left % table.value(*id) != 0) {
        ++id;
        continue;
      }
      left /= table.value(*id);
      taken = taken * Size::symbol(*id);
      id = out.rest.erase(id);
    }
    out.taken.push_back(std::move(taken));
    out.left.push_back(left);
  }
  return out;
}

// A layer's output is seldom packed of another number of parts that attend.
constexpr std::uint64_t kPacked = 3;

// Which of several sizes is the one that may vary.
std::size_t varying(const Shares& shares, const Sizes& values, std::uint64_t coefficient,
                    const SymbolTable& symbols, const std::set<std::uint64_t>& heads) {
  const std::size_t last = values.size() - 1;
  if (!heads.count(symbols.value(values[last])) || !shares.taken[last].as_constant()) return last;
  // What the whole is a multiple of stays; of a layer's own output, queries, keys and values.
  const std::uint64_t packed = coefficient == 1 ? kPacked : coefficient;
  std::size_t most = last, skipped = last;
  for (std::size_t i = 0; i < last; ++i) {
    if (!shares.taken[i].as_constant() || symbols.has_opaque(values[i])) continue;
    if (skipped == last && shares.left[i] == packed) {
      skipped = i;
      continue;
    }
    if (shares.left[i] > 1 && (most == last || shares.left[i] >= shares.left[most])) most = i;
  }
  return most == last && coefficient == 1 ? skipped : most;
}

// A product seen as several sizes. A width that has to be split gives numbers to all but one, which
// may vary.
std::optional<Sizes> distributed(const Size& whole, const Sizes& values, SymbolTable& symbols,
                                 const std::set<std::uint64_t>& heads) {
  if (whole.terms().size() != 1) return std::nullopt;
  const auto [monomial, coefficient] = *whole.terms().begin();
  const Shares shares = share(monomial, values, symbols);
  const std::size_t varies = varying(shares, values, coefficient, symbols, heads);
  Sizes out;
  std::uint64_t others = 1;
  for (std::size_t i = 0; i < values.size(); ++i) {
    out.push_back(shares.taken[i] * Size::constant(shares.left[i]));
    if (i != varies) others *= shares.left[i];
  }
  if (shares.rest.empty())
    return others * shares.left[varies] == coefficient ? std::optional(out) : std::nullopt;
  if (shares.rest.size() != 1) return std::nullopt;
  const auto rest =
      symbols.factored(Size::constant(coefficient) * Size::symbol(shares.rest.front()), others);
  if (!rest) return std::nullopt;
  out[varies] = shares.taken[varies] * *rest;
  return out;
}

// A group of dimensions with the same number of elements on both sides.
Sizes matched(const Sizes& in, const Sizes& values, SymbolTable& symbols,
              const std::set<std::uint64_t>& heads) {
  const Size whole = symbols.resolve(product(in, symbols));
  if (values.size() == 1) return {whole};
  if (auto out = distributed(whole, values, symbols, heads)) return *out;
  symbols.freeze(whole);
  return values;
}

}  // namespace

std::optional<Sizes> reshaped(const Sizes& in, const Sizes& recorded, SymbolTable& symbols,
                              const std::set<std::uint64_t>& heads) {
  Sizes out;
  std::size_t i = 0, j = 0;
  while (i < in.size() || j < recorded.size()) {
    Sizes left, right;
    std::uint64_t a = 1, b = 1;
    auto take = [&](const Sizes& from, std::size_t& at, Sizes& group, std::uint64_t& elements) {
      if (at == from.size()) return false;
      elements *= symbols.value(from[at]);
      group.push_back(from[at++]);
      return true;
    };
    // Sizes of 1 hold nothing; they stand by themselves.
    if (j < recorded.size() && symbols.value(recorded[j]) == 1) {
      out.push_back(Size::constant(1));
      ++j;
      continue;
    }
    if (i < in.size() && symbols.value(in[i]) == 1) {
      ++i;
      continue;
    }
    if (!take(in, i, left, a) || !take(recorded, j, right, b)) return std::nullopt;
    while (a != b)
      if (!(a < b ? take(in, i, left, a) : take(recorded, j, right, b))) return std::nullopt;
    const bool behind = i == in.size() && j == recorded.size();
    static const std::set<std::uint64_t> kNone;
    for (Size& size : matched(left, right, symbols, behind ? heads : kNone))
      out.push_back(std::move(size));
  }
  return out;
}

}  // namespace amalgam
