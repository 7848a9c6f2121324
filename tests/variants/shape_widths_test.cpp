#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "variants/inferred.h"

namespace amalgam {
namespace {

TEST(ShapeWidths, WhatIsConcatenatedAddsUpAndIsSplitAgain) {
  VectorModel m;
  const ValueId other = m.linear(m.x, 6, 5);
  const ValueId both =
      m.call("cat.default", {in("tensors", std::vector<ValueId>{m.h, other}), number("dim", 1)},
             {kBatch, 17});
  const auto parts =
      m.call_many("split_with_sizes.default",
                  {in("self", both), numbers("split_sizes", {12, 5}), number("dim", 1)},
                  {{kBatch, 12}, {kBatch, 5}});
  m.finish(parts[0], 12);
  Inferred found(m);
  ASSERT_TRUE(found.all_known());
  EXPECT_EQ(found.of_value(both, 1).terms().size(), 2u);
  EXPECT_EQ(found.of_value(parts[0], 1), found.size(m.first, 0));
  EXPECT_EQ(m.into(found), found.size(m.first, 0));
  EXPECT_THAT(found.patched(), testing::ElementsAre("split_sizes", "split_sizes"));
}

TEST(ShapeWidths, PartsThatNothingTellsApartAreSymbolsOfTheirOwn) {
  VectorModel m;
  const auto parts =
      m.call_many("split_with_sizes.default",
                  {in("self", m.h), numbers("split_sizes", {4, 8}), number("dim", 1)},
                  {{kBatch, 4}, {kBatch, 8}});
  m.finish(parts[1], 8);
  Inferred found(m);
  ASSERT_TRUE(found.all_known());
  EXPECT_EQ(found.size(m.first, 0).terms().size(), 2u);
}

TEST(ShapeWidths, EqualPartsDivideAWidth) {
  for (const bool chunk : {true, false}) {
    VectorModel m;
    const auto by = chunk ? number("chunks", 3) : number("split_size", 4);
    const auto parts =
        m.call_many(chunk ? "chunk.default" : "split.Tensor",
                    {in("self", m.h), by, number("dim", 1)}, std::vector<Dims>(3, Dims{kBatch, 4}));
    m.finish(parts[2], 4);
    Inferred found(m);
    ASSERT_TRUE(found.all_known()) << chunk;
    EXPECT_EQ(found.size(m.first, 0), Size::constant(3) * m.into(found));
    EXPECT_EQ(found.patched().size(), chunk ? 0u : 1u);
  }
}

TEST(ShapeWidths, UnequalChunksAreUnknown) {
  VectorModel m;
  const auto parts =
      m.call_many("chunk.default", {in("self", m.h), number("chunks", 5), number("dim", 1)},
                  std::vector<Dims>(4, Dims{kBatch, 3}));
  m.finish(parts[0], 3);
  EXPECT_FALSE(Inferred(m).all_known());
}

// Queries, keys and values of one layer, with three heads of a dimension of 4: as a ViT has them.
TEST(ShapeWidths, WhatIsUnboundKeepsItsNumberAndNoOther) {
  VectorModel m;
  ValueId y =
      m.call("view.default", {in("self", m.linear(m.h, 12, 36)), numbers("size", {-1, 3, 3, 4})},
             {kBatch, 3, 3, 4});
  y = m.call("permute.default", {in("self", y), numbers("dims", {1, 0, 2, 3})}, {3, kBatch, 3, 4});
  const auto parts =
      m.call_many("unbind.int", {in("self", y)}, std::vector<Dims>(3, Dims{kBatch, 3, 4}));
  y = m.call("scaled_dot_product_attention.default",
             {in("query", parts[0]), in("key", parts[1]), in("value", parts[2])}, {kBatch, 3, 4});
  y = m.call("flatten.using_ints", {in("self", y), number("start_dim", 1)}, {kBatch, 12});
  m.finish(y, 12);
  Inferred found(m);
  ASSERT_TRUE(found.all_known());
  EXPECT_FALSE(found.is_fixed(m.first, 0));
  EXPECT_FALSE(m.into(found).as_constant());
  for (const ValueId part : parts) {
    EXPECT_EQ(found.of_value(part, 1), found.of_value(parts[0], 1));
    EXPECT_EQ(found.of_value(part, 2).as_constant(), 4u) << "heads keep their dimension";
    EXPECT_FALSE(found.of_value(part, 1).as_constant()) << "and vary in number";
  }
}

TEST(ShapeWidths, AWidthThatIsUnboundStays) {
  VectorModel m;
  const auto parts = m.call_many("unbind.int", {in("self", m.h), number("dim", 1)},
                                 std::vector<Dims>(12, Dims{kBatch}));
  m.finish(m.call("unsqueeze.default", {in("self", parts[0]), number("dim", 1)}, {kBatch, 1}), 1);
  Inferred found(m);
  EXPECT_TRUE(found.all_known());
  EXPECT_TRUE(found.is_fixed(m.first, 0));
}

TEST(ShapeWidths, ViewsFollowTheirSizes) {
  VectorModel m;
  const ValueId seen =
      m.call("view.default", {in("self", m.h), numbers("size", {-1, 3, 4})}, {kBatch, 3, 4});
  const ValueId turned = m.call(
      "transpose.int", {in("self", seen), number("dim0", 1), number("dim1", 2)}, {kBatch, 4, 3});
  m.finish(turned, 3);
  Inferred found(m);
  ASSERT_TRUE(found.all_known());
  EXPECT_EQ(m.into(found).as_constant(), 3u) << "the last part varies, the others are numbers";
  EXPECT_EQ(found.size(m.first, 0), Size::constant(3) * found.of_value(seen, 2));
  EXPECT_THAT(found.patched(), testing::ElementsAre("size"));
}

TEST(ShapeWidths, ShapesAreFollowedThroughTheirOperations) {
  VectorModel m;
  ValueId y = m.call("unflatten.int", {in("self", m.h), number("dim", 1), numbers("sizes", {3, 4})},
                     {kBatch, 3, 4});
  y = m.call("permute.default", {in("self", y), numbers("dims", {0, -1, 1})}, {kBatch, 4, 3});
  y = m.call("unsqueeze.default", {in("self", y), number("dim", 1)}, {kBatch, 1, 4, 3});
  y = m.call("expand.default", {in("self", y), numbers("size", {-1, 2, -1, -1})},
             {kBatch, 2, 4, 3});
  y = m.call("select.int", {in("self", y), number("dim", 1), number("index", 0)}, {kBatch, 4, 3});
  y = m.call("flatten.using_ints", {in("self", y), number("start_dim", 1)}, {kBatch, 12});
  m.finish(y, 12);
  Inferred found(m);
  ASSERT_TRUE(found.all_known());
  EXPECT_EQ(m.into(found), found.size(m.first, 0));
  EXPECT_FALSE(found.is_fixed(m.first, 0));
}

TEST(ShapeWidths, ASqueezedOneGoes) {
  VectorModel m;
  const ValueId mean = m.call(
      "mean.dim", {in("self", m.h), numbers("dim", {-1}), flag("keepdim", true)}, {kBatch, 1});
  const ValueId y = m.call("squeeze.dim", {in("self", mean), number("dim", 1)}, {kBatch});
  const ValueId z = m.call("unsqueeze.default", {in("self", y), number("dim", 1)}, {kBatch, 1});
  m.finish(z, 1);
  Inferred found(m);
  EXPECT_TRUE(found.all_known());
  EXPECT_FALSE(found.is_fixed(m.first, 0)) << "only its mean is read";
}

TEST(ShapeWidths, SlicesAndPadsKeepTheSizeThatTheyCut) {
  for (const bool slice : {true, false}) {
    VectorModel m;
    const ValueId y =
        slice ? m.call("slice.Tensor", {in("self", m.h), number("dim", 1), number("start", 2)},
                       {kBatch, 10})
              : m.call("pad.default", {in("self", m.h), numbers("pad", {1, 2})}, {kBatch, 15});
    m.finish(y, slice ? 10 : 15);
    Inferred found(m);
    EXPECT_TRUE(found.all_known());
    EXPECT_TRUE(found.is_fixed(m.first, 0));
  }
}

TEST(ShapeWidths, AWholeSliceAndNoPaddingCutNothing) {
  VectorModel m;
  ValueId y = m.call("slice.Tensor", {in("self", m.h), number("dim", 0)}, {kBatch, 12});
  y = m.call("pad.default", {in("self", y), numbers("pad", {0, 0})}, {kBatch, 12});
  m.finish(y, 12);
  Inferred found(m);
  EXPECT_TRUE(found.all_known());
  EXPECT_FALSE(found.is_fixed(m.first, 0));
}

TEST(ShapeWidths, StacksAddADimension) {
  VectorModel m;
  const ValueId other = m.linear(m.x, 6, 12);
  const ValueId both =
      m.call("stack.default", {in("tensors", std::vector<ValueId>{m.h, other}), number("dim", 1)},
             {kBatch, 2, 12});
  m.finish(both, 12);
  Inferred found(m);
  ASSERT_TRUE(found.all_known());
  EXPECT_EQ(found.of_value(other, 1), found.size(m.first, 0));
}

TEST(ShapeWidths, ASymbolicNumberCanNotFollowAWidth) {
  VectorModel m;
  const ValueId n = m.call_number("sym_size.int", {in("self", m.h), number("dim", 1)});
  ArgumentList sizes = {{std::int64_t{-1}}, {ValueRef{n}}};
  const ValueId y = m.value({kBatch, 12});
  m.node("view.default", {in("self", m.h), {"size", {sizes}, false}}).outputs = {{false, {y}}};
  m.finish(y, 12);
  Inferred found(m);
  EXPECT_TRUE(found.all_known());
  EXPECT_TRUE(found.is_fixed(m.first, 0));
}

}  // namespace
}  // namespace amalgam
