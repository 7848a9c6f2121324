#include "variants/symbols.h"

#include <gtest/gtest.h>

#include "variants/sizes.h"

namespace amalgam {
namespace {

TEST(Sizes, AreSumsOfProducts) {
  const Size a = Size::symbol(0), b = Size::symbol(1);
  Size sum = a * b;
  sum.add({0}, 3);
  EXPECT_EQ(sum.terms().size(), 2u);
  EXPECT_TRUE(sum.contains(0) && sum.contains(1) && !sum.contains(2));
  EXPECT_EQ(sum.factors(), 2u);
  EXPECT_EQ(a * b, b * a);
  EXPECT_EQ(number(2) * number(3), number(6));
  EXPECT_FALSE(a == b);
}

TEST(Sizes, KnowWhatTheyAre) {
  EXPECT_EQ(Size().as_constant(), 0u);
  EXPECT_EQ(number(5).as_constant(), 5u);
  EXPECT_EQ(number(0), Size());
  EXPECT_FALSE(Size::symbol(3).as_constant());
  EXPECT_EQ(Size::symbol(3).as_symbol(), 3u);
  EXPECT_FALSE((number(2) * Size::symbol(3)).as_symbol());
  EXPECT_FALSE(number(2).as_symbol());
}

TEST(Sizes, AreDividedWhereEveryTermIs) {
  Size size = number(4) * Size::symbol(0);
  size.add({}, 6);
  EXPECT_EQ(size.divided(2)->terms().at({0}), 2u);
  EXPECT_EQ(size.divided(2)->terms().at({}), 3u);
  EXPECT_FALSE(size.divided(4));
  EXPECT_FALSE(size.divided(0));
}

TEST(Sizes, CopiesDoNotChangeOneAnother) {
  const Size a = Size::symbol(0);
  Size b = a;
  b.add({}, 1);
  EXPECT_EQ(a.terms().size(), 1u);
  EXPECT_EQ(b.terms().size(), 2u);
}

TEST(Symbols, HaveTheModelsValues) {
  SymbolTable table;
  const Size a = table.fresh(8), b = table.fresh(3);
  EXPECT_EQ(table.value(a * b), 24u);
  EXPECT_EQ(table.value(a * b, Assignment{2, 5}), 10u);
  EXPECT_EQ(table.count(), 2u);
  EXPECT_EQ(table.value(SymbolId{1}), 3u);
}

TEST(Symbols, EqualOnesBecomeOne) {
  SymbolTable table;
  const Size a = table.fresh(8), b = table.fresh(8), c = table.fresh(8);
  EXPECT_TRUE(table.unify(a, b));
  EXPECT_TRUE(table.unify(b, c));
  EXPECT_EQ(table.resolve(a), table.resolve(c));
  EXPECT_FALSE(table.unify(a, number(7))) << "it is 8 in the model";
}

TEST(Symbols, AKnownOneIsANumber) {
  SymbolTable table;
  const Size a = table.fresh(8), b = table.fresh(8);
  EXPECT_TRUE(table.unify(a, b));
  EXPECT_TRUE(table.unify(a, number(8)));
  EXPECT_EQ(table.resolve(b).as_constant(), 8u);
}

TEST(Symbols, OneIsExpressedByOthers) {
  SymbolTable table;
  const Size a = table.fresh(4), b = table.fresh(6), sum = table.fresh(10);
  Size added = a;
  table.add(added, b);
  EXPECT_TRUE(table.unify(sum, added));
  EXPECT_EQ(table.resolve(sum), added);
  EXPECT_TRUE(table.is_known(2));
  const Size product = table.fresh(24);
  EXPECT_TRUE(table.unify(a * b, product));
  EXPECT_EQ(table.resolve(product), a * b);
}

TEST(Symbols, WhatBothSidesHaveFallsAway) {
  SymbolTable table;
  const Size a = table.fresh(4), b = table.fresh(6), c = table.fresh(6);
  Size left = a, right = a;
  table.add(left, b);
  table.add(right, c);
  EXPECT_TRUE(table.unify(left, right));
  EXPECT_EQ(table.resolve(b), table.resolve(c));
  EXPECT_FALSE(table.is_known(0)) << "nothing follows of a";
}

TEST(Symbols, MultiplesShareAUnit) {
  SymbolTable table;
  const Size a = table.fresh(6), b = table.fresh(4);
  EXPECT_TRUE(table.unify(number(2) * a, number(3) * b));
  const Size unit = table.resolve(a);
  EXPECT_EQ(unit.terms().begin()->second, 3u);
  EXPECT_EQ(table.resolve(b).terms().begin()->second, 2u);
  EXPECT_EQ(unit.terms().begin()->first, table.resolve(b).terms().begin()->first);
}

TEST(Symbols, WhatCanNotBeExpressedKeepsItsValue) {
  SymbolTable table;
  const Size a = table.fresh(4), b = table.fresh(6), c = table.fresh(3), d = table.fresh(8);
  EXPECT_TRUE(table.unify(a * b, c * d));
  EXPECT_EQ(table.resolve(a).as_constant(), 4u);
  EXPECT_EQ(table.resolve(d).as_constant(), 8u);
}

TEST(Symbols, FreezingReachesWhatItIsMadeOf) {
  SymbolTable table;
  const Size a = table.fresh(4), b = table.fresh(6), sum = table.fresh(10);
  Size added = a;
  table.add(added, b);
  table.unify(sum, added);
  table.freeze(sum);
  EXPECT_EQ(table.resolve(a).as_constant(), 4u);
  EXPECT_EQ(table.resolve(b).as_constant(), 6u);
}

TEST(Symbols, GivenOnesAreNeverChosen) {
  SymbolTable table;
  const Size batch = table.opaque(4), a = table.fresh(4);
  EXPECT_TRUE(table.has_opaque(batch * a));
  EXPECT_TRUE(table.is_opaque(0));
  table.freeze(batch);
  EXPECT_FALSE(table.resolve(batch).as_constant());
  EXPECT_TRUE(table.unify(batch, a));
  EXPECT_EQ(table.resolve(a).as_constant(), 4u) << "a width is no batch: it keeps its value";
}

TEST(Symbols, AFactorIsTakenOut) {
  SymbolTable table;
  const Size a = table.fresh(12);
  const auto quarter = table.factored(a, 4);
  ASSERT_TRUE(quarter);
  EXPECT_EQ(table.value(*quarter), 3u);
  EXPECT_EQ(table.resolve(a), number(4) * *quarter);
  EXPECT_EQ(table.factored(a, 2), number(2) * *quarter);
  EXPECT_FALSE(table.factored(a, 5));
  EXPECT_FALSE(table.factored(a, 0));
  EXPECT_EQ(table.factored(number(8), 4), number(2));
  EXPECT_FALSE(table.factored(a * a, 9)) << "two widths: which has it?";
}

TEST(Symbols, NoSizeGrowsWithoutBound) {
  SymbolTable table;
  Size sum;
  for (std::size_t i = 0; i < 2 * SymbolTable::kMostTerms; ++i) table.add(sum, table.fresh(2));
  EXPECT_LE(sum.terms().size(), SymbolTable::kMostTerms);
  EXPECT_EQ(table.value(sum), 4 * SymbolTable::kMostTerms);
  Size product = number(1);
  for (std::size_t i = 0; i < SymbolTable::kMostFactors + 1; ++i)
    table.multiply(product, table.fresh(1));
  EXPECT_LE(product.factors(), SymbolTable::kMostFactors);
  EXPECT_EQ(table.value(product), 1u);
}

TEST(Symbols, LongChainsOfKnowledgeAreResolved) {
  SymbolTable table;
  std::vector<Size> chain = {table.fresh(5)};
  for (int i = 0; i < 10'000; ++i) {
    chain.push_back(table.fresh(5));
    EXPECT_TRUE(table.unify(chain[static_cast<std::size_t>(i)], chain.back()));
  }
  EXPECT_EQ(table.resolve(chain.front()), table.resolve(chain.back()));
}

}  // namespace
}  // namespace amalgam
