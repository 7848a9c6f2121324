#include "variants/reshape.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "variants/sizes.h"

namespace amalgam {
namespace {

Sizes numbers(const std::vector<std::uint64_t>& values) {
  Sizes sizes;
  for (const std::uint64_t value : values) sizes.push_back(number(value));
  return sizes;
}

struct Reshape : testing::Test {
  SymbolTable table;
  Size batch = table.opaque(4), width = table.fresh(12);
  std::optional<Sizes> to(const Sizes& in, const Sizes& recorded) {
    return reshaped(in, recorded, table);
  }
};

TEST_F(Reshape, DimensionsThatAreMergedMultiply) {
  const auto out = to({batch, width, number(5)}, {batch, number(60)});
  ASSERT_TRUE(out);
  EXPECT_EQ((*out)[0], batch);
  EXPECT_EQ((*out)[1], width * number(5));
}

TEST_F(Reshape, AWidthIsSplitIntoNumbersAndARest) {
  const auto out = to({batch, width}, {batch, number(3), number(4)});
  ASSERT_TRUE(out);
  EXPECT_EQ((*out)[1], number(3));
  EXPECT_EQ(table.value((*out)[2]), 4u);
  EXPECT_EQ(table.resolve(width), number(3) * (*out)[2]);
}

TEST_F(Reshape, ProductsAreSharedByTheirValues) {
  const Size heads = table.fresh(5);
  const auto out = to({batch, heads * width}, {batch, number(5), number(12)});
  ASSERT_TRUE(out);
  EXPECT_EQ((*out)[1], heads);
  EXPECT_EQ((*out)[2], width);
}

TEST_F(Reshape, OnesStandByThemselves) {
  const auto out = to({batch, number(1), width}, {number(1), batch, width, number(1)});
  ASSERT_TRUE(out);
  EXPECT_EQ(out->size(), 4u);
  EXPECT_EQ((*out)[0], number(1));
  EXPECT_EQ((*out)[2], width);
}

TEST_F(Reshape, TheSameShapeIsTheSame) {
  const auto out = to({batch, width, number(7)}, {batch, number(12), number(7)});
  ASSERT_TRUE(out);
  EXPECT_EQ((*out)[1], width);
}

TEST_F(Reshape, WhatDoesNotFitIsNothing) {
  EXPECT_FALSE(to({width}, {number(5)}));
  EXPECT_FALSE(to({width}, {number(24)}));
  EXPECT_FALSE(to(numbers({2}), {}));
}

TEST_F(Reshape, ASplitAcrossASumKeepsIt) {
  Size sum = width;
  table.add(sum, table.fresh(8));
  const auto out = to({batch, sum}, {batch, number(4), number(5)});
  ASSERT_TRUE(out);
  EXPECT_EQ((*out)[1], number(4));
  EXPECT_EQ(table.resolve(width).as_constant(), 12u);
}

}  // namespace
}  // namespace amalgam
