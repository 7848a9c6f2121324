#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "variants/inferred.h"

namespace amalgam {
namespace {

using testing::IsEmpty;

TEST(Inference, ALinearLayersWidthIsFreeButForItsEnds) {
  VectorModel m;
  m.finish(m.h, 12);
  Inferred found(m);
  ASSERT_TRUE(found.all_known());
  EXPECT_TRUE(found.is_fixed(m.first, 1)) << "the input is the data's";
  EXPECT_FALSE(found.is_fixed(m.first, 0));
  EXPECT_EQ(found.size(m.first, 0), found.size(m.bias, 0));
  EXPECT_EQ(found.size(m.first, 0), m.into(found));
  EXPECT_EQ(found.widths.tensors[2][0].as_constant(), 10u) << "outputs are the user's";
  EXPECT_EQ(found.widths.free.size(), 1u);
}

TEST(Inference, ElementsKeepSizes) {
  for (const char* name : {"relu.default", "dropout.default", "clone.default", "to.dtype",
                           "softmax.int", "exp.default", "zeros_like.default"}) {
    VectorModel m;
    m.finish(m.call(name, m.h), 12);
    Inferred found(m);
    EXPECT_TRUE(found.all_known()) << name;
    EXPECT_EQ(found.size(m.first, 0), m.into(found)) << name;
  }
}

TEST(Inference, WhatIsUnknownKeepsAllItsSizes) {
  VectorModel m;
  m.finish(m.call("hypot.default", m.h), 12);
  Inferred found(m);
  EXPECT_THAT(found.widths.train().unknown, testing::ElementsAre(1u));
  EXPECT_TRUE(found.is_fixed(m.first, 0));
  EXPECT_THAT(found.widths.free, IsEmpty());
}

TEST(Inference, ARuleThatIsWrongAboutTheExportGoesNoFurther) {
  VectorModel m;
  const ValueId wrong = m.value({kBatch, 13});
  m.node("relu.default", {in("self", m.h)}).outputs = {{false, {wrong}}};
  m.finish(wrong, 13);
  Inferred found(m);
  EXPECT_EQ(found.widths.train().unknown.size(), 1u);
  EXPECT_TRUE(found.is_fixed(m.first, 0));
}

TEST(Inference, SumsTieAndBroadcast) {
  VectorModel m;
  const ValueId gain = m.parameter({12}), whole = m.parameter({1});
  ValueId y = m.call("mul.Tensor", {in("self", m.h), in("other", gain)}, {kBatch, 12});
  y = m.call("add.Tensor", {in("self", y), in("other", whole)}, {kBatch, 12});
  m.finish(y, 12);
  Inferred found(m);
  ASSERT_TRUE(found.all_known());
  EXPECT_EQ(found.size(gain, 0), found.size(m.first, 0));
  EXPECT_TRUE(found.is_fixed(whole, 0));
}

TEST(Inference, SubgraphsHandTheirSizesOut) {
  VectorModel m;
  const ValueId y = m.call("relu.default", m.h);
  m.wrap(1, NodeKind::kAutocast);
  m.finish(y, 12);
  Inferred found(m);
  EXPECT_TRUE(found.all_known());
  EXPECT_EQ(m.into(found), found.size(m.first, 0));
}

TEST(Inference, TensorsOfOtherDtypesAndConstantsStay) {
  VectorModel m;
  const ValueId mask = m.constant({12});
  m.finish(m.call("mul.Tensor", {in("self", m.h), in("other", mask)}, {kBatch, 12}), 12);
  EXPECT_TRUE(Inferred(m).is_fixed(m.first, 0));
  VectorModel whole;
  const ValueId table = whole.buffer({12}, DType::kInt64);
  whole.finish(whole.call("mul.Tensor", {in("self", whole.h), in("other", table)}, {kBatch, 12}),
               12);
  EXPECT_TRUE(Inferred(whole).is_fixed(whole.first, 0));
}

TEST(Inference, ATensorThatNothingReadsStays) {
  VectorModel m;
  m.finish(m.h, 12);
  const ValueId spare = m.parameter({9, 9});
  m.program().tensor_of_value[spare] = std::nullopt;
  const WidthInference widths = infer_widths(m.model);
  EXPECT_EQ(widths.tensors.back()[0].as_constant(), 9u);
}

TEST(Inference, UpdatesOfBuffersHaveTheirSizes) {
  VectorModel m;
  const ValueId b = m.buffer({12});
  const ValueId mean = m.call("mean.dim", {in("self", m.h), numbers("dim", {0})}, {12});
  m.program().updates.push_back({m.tensor_of(b), mean});
  m.finish(m.h, 12);
  Inferred found(m);
  EXPECT_EQ(found.size(b, 0), found.size(m.first, 0));
}

TEST(Inference, ClassesMayVaryWhereAskedFor) {
  VectorModel m;
  m.finish(m.h, 12);
  const WidthInference fixed = infer_widths(m.model);
  EXPECT_FALSE(fixed.classes);
  const WidthInference widths = infer_widths(m.model, ResultSizes::kClassesVary);
  ASSERT_TRUE(widths.classes);
  EXPECT_EQ(widths.symbols.value(*widths.classes), 10u);
  EXPECT_EQ(widths.tensors[2][0].as_symbol(), widths.classes);
  for (const SymbolId id : widths.free) EXPECT_NE(id, *widths.classes);
}

TEST(Inference, ClassesThatAreNoSizeOfTheirOwnStay) {
  VectorModel m;
  const ValueId other = m.linear(m.x, 6, 5);
  const std::vector<ValueId> both = {m.h, other};
  m.output(m.call("cat.default", {in("tensors", both), number("dim", 1)}, {kBatch, 17}));
  const WidthInference widths = infer_widths(m.model, ResultSizes::kClassesVary);
  EXPECT_FALSE(widths.classes);
  EXPECT_THAT(widths.free, IsEmpty());
}

}  // namespace
}  // namespace amalgam
