#include "graph/uses.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "graph/names.h"
#include "hand_made.h"

namespace amalgam {
namespace {

using testing::ElementsAre;
using Kind = TensorKind;

Kind kind_of(const HandMade& m, std::size_t tensor) { return tensor_uses(m.model)[tensor].kind; }

TEST(TensorUses, ParametersTrainUnlessFrozen) {
  HandMade m;
  const ValueId x = m.input({kBatch, 3});
  m.call("add.Tensor", {in("self", x), in("other", m.parameter({3}))}, {kBatch, 3});
  EXPECT_EQ(kind_of(m, 0), Kind::kParameter);
  m.model.tensors[0].trainable = false;
  EXPECT_EQ(kind_of(m, 0), Kind::kFrozen);
}

TEST(TensorUses, WhatIsOnlyReadIsConstant) {
  HandMade m;
  const ValueId x = m.input({kBatch, 3}), b = m.buffer({3});
  m.call("mul.Tensor", {in("self", x), in("other", b)}, {kBatch, 3});
  m.call("instance_norm.default", {in("input", x), in("weight", b)}, {kBatch, 3});
  EXPECT_EQ(kind_of(m, 0), Kind::kConstant);
}

TEST(TensorUses, WhatAnUnknownOperationTakesMayBeWritten) {
  HandMade m;
  const ValueId b = m.buffer({3});
  m.call("hypot.default", b);
  EXPECT_EQ(kind_of(m, 0), Kind::kBuffer);
}

TEST(TensorUses, WrittenThroughAView) {
  for (const char* view : {"view.default", "select.int", "narrow.default", "to.dtype"}) {
    HandMade m;
    const ValueId part = m.call(view, m.buffer({3}));
    m.call("mul_.Tensor", part, {number("other", 2)});
    EXPECT_EQ(kind_of(m, 0), Kind::kBuffer) << view;
  }
  HandMade m;
  const ValueId copy = m.call("clone.default", m.buffer({3}));
  m.call("mul_.Tensor", copy, {number("other", 2)});
  EXPECT_EQ(kind_of(m, 0), Kind::kConstant);
}

TEST(TensorUses, ANewValueIsAWrite) {
  HandMade m;
  const ValueId b = m.buffer({3});
  m.program().updates.push_back({0, m.call("exp.default", b)});
  EXPECT_EQ(kind_of(m, 0), Kind::kBuffer);
}

TEST(TensorUses, IntoOut) {
  HandMade m;
  const ValueId x = m.input({kBatch, 3}), b = m.buffer({3});
  m.call("exp.default", x, {keyword(in("out", b))});
  EXPECT_EQ(kind_of(m, 0), Kind::kBuffer);
}

TEST(TensorUses, RunningStatistics) {
  HandMade m;
  const ValueId x = m.input({kBatch, 3}), mean = m.buffer({3}), variance = m.buffer({3});
  m.call("batch_norm.default",
         {in("input", x), in("running_mean", mean), in("running_var", variance)}, {kBatch, 3});
  EXPECT_EQ(kind_of(m, 0), Kind::kBuffer);
  EXPECT_EQ(kind_of(m, 1), Kind::kVariance);
}

TEST(TensorUses, ACounterCounts) {
  HandMade m;
  const ValueId counter = m.buffer({}, DType::kInt64);
  m.call("add_.Tensor", counter, {number("other", 1)});
  m.call("add_.Tensor", counter, {number("other", 2)});
  const TensorUse use = tensor_uses(m.model)[0];
  EXPECT_EQ(use.kind, Kind::kCounter);
  EXPECT_EQ(use.per_batch, 3u);
}

TEST(TensorUses, ACounterByItsNewValue) {
  HandMade m;
  const ValueId counter = m.buffer({}, DType::kInt64);
  m.program().updates.push_back({0, m.call("add.Tensor", counter, {number("other", 1)})});
  EXPECT_EQ(kind_of(m, 0), Kind::kCounter);
  // A sum that is not handed out as the new value counts nothing.
  HandMade other;
  other.call("add.Tensor", other.buffer({}, DType::kInt64), {number("other", 1)});
  EXPECT_EQ(kind_of(other, 0), Kind::kConstant);
}

TEST(TensorUses, WhatElseIsDoneToItMakesItNone) {
  HandMade m;
  const ValueId counter = m.buffer({}, DType::kInt64);
  m.call("add_.Tensor", counter, {number("other", 1)});
  m.call("mul_.Tensor", counter, {number("other", 2)});
  EXPECT_EQ(kind_of(m, 0), Kind::kBuffer);
  HandMade real;
  real.call("add_.Tensor", real.buffer({}), {number("other", 1)});
  EXPECT_EQ(kind_of(real, 0), Kind::kBuffer);
}

TEST(TensorUses, InsideSubgraphs) {
  HandMade m;
  m.call("mul_.Tensor", m.buffer({3}), {number("other", 2)});
  m.wrap(1, NodeKind::kSetGrad);
  EXPECT_EQ(kind_of(m, 0), Kind::kBuffer);
}

TEST(Names, ComeFromTheFirstOperationThatTakesThem) {
  HandMade m;
  const ValueId x = m.input({kBatch, 3, 8, 8});
  const ValueId y = m.conv(x, 3, 4, 3, 1, 8);
  const ValueId mean = m.buffer({4}), variance = m.buffer({4});
  m.call("batch_norm.default",
         {in("input", y), in("weight", m.parameter({4})), in("bias", m.parameter({4})),
          in("running_mean", mean), in("running_var", variance)},
         {kBatch, 4, 8, 8});
  m.conv(y, 4, 4, 3, 1, 8);
  EXPECT_THAT(neutral_names(m.model),
              ElementsAre("conv0_weight", "norm0_running_mean", "norm0_running_var", "norm0_weight",
                          "norm0_bias", "conv1_weight"));
  EXPECT_THAT(norm_parameters(m.model), ElementsAre(false, false, false, true, true, false));
}

TEST(Names, OfOtherOperationsAreTheirOwn) {
  HandMade m;
  const ValueId x = m.input({kBatch, 3});
  m.call("_weight_norm.default", {in("v", m.parameter({3})), in("g", m.parameter({3}))}, {3});
  m.call("mul_.Tensor", {in("self", x), in("other", m.parameter({3}))}, {kBatch, 3});
  m.parameter({3});
  m.buffer({3});
  m.constant({3});
  EXPECT_THAT(neutral_names(m.model),
              ElementsAre("weight_norm0_weight0", "weight_norm0_weight1", "mul0_weight0",
                          "parameter0", "buffer0", "constant0"));
}

TEST(Names, OfAListAreNumbered) {
  HandMade m;
  const ValueId x = m.input({kBatch, 5, 6});
  const std::vector<ValueId> weights = {m.parameter({12, 6}), m.parameter({12, 3})};
  m.call_many("lstm.input", {in("input", x), in("params", weights)}, {{kBatch, 5, 3}}, false);
  EXPECT_THAT(neutral_names(m.model), ElementsAre("lstm0_weight0", "lstm0_weight1"));
}

}  // namespace
}  // namespace amalgam
