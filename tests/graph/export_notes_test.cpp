#include "graph/export_notes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "graph/reach.h"
#include "graph/switched_off.h"
#include "hand_made.h"

namespace amalgam {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::size_t> unreached(const HandMade& m, ValueId loss) {
  return unreached_parameters(m.model, std::vector<ValueId>{loss});
}

// New memory, of no parameter.
ValueId zeros(HandMade& m) { return m.call("zeros.default", {numbers("size", {3})}, {3}); }

TEST(Reach, GoesThroughOperationsAndLists) {
  HandMade m;
  const ValueId a = m.parameter({3}), b = m.parameter({3});
  const ValueId x = m.call("tanh.default", a);
  const ValueId out = m.call("cat.default", {in("tensors", std::vector<ValueId>{x, b})}, {6});
  EXPECT_THAT(unreached(m, out), IsEmpty());
  EXPECT_THAT(unreached(m, x), ElementsAre(1));
}

TEST(Reach, EndsWhereNoGradientPasses) {
  for (const char* op :
       {"detach.default", "detach_copy.default", "zeros_like.default", "new_zeros.default"}) {
    HandMade m;
    EXPECT_THAT(unreached(m, m.call(op, m.parameter({3}))), ElementsAre(0)) << op;
  }
  HandMade m;
  const ValueId a = m.parameter({3});
  const ValueId whole = m.call("to.dtype", {in("self", a)}, {3}, DType::kInt64);
  EXPECT_THAT(unreached(m, m.call("to.dtype", {in("self", whole)}, {3})), ElementsAre(0));
  EXPECT_THAT(unreached(m, m.call("to.dtype", a)), IsEmpty());
}

TEST(Reach, OfASecondTensorOnlyTheForm) {
  HandMade m;
  const ValueId a = m.parameter({3}), b = m.parameter({3});
  EXPECT_THAT(unreached(m, m.call("view_as.default", a, {in("other", b)})), ElementsAre(1));
}

TEST(Reach, EndsUnderNoGradButNotUnderEnableGrad) {
  for (const bool enabled : {false, true}) {
    HandMade m;
    const ValueId out = m.call("tanh.default", m.parameter({3}));
    m.wrap(1, NodeKind::kSetGrad, enabled);
    EXPECT_EQ(unreached(m, out).size(), enabled ? 0u : 1u);
  }
}

TEST(Reach, SeesWhatIsWrittenIntoAView) {
  HandMade m;
  const ValueId a = m.parameter({3});
  const ValueId memory = zeros(m);
  m.call("copy_.default", m.call("select.int", memory), {in("src", a)});
  EXPECT_THAT(unreached(m, m.call("exp.default", memory)), IsEmpty());
  // A copy of the memory would not see it.
  HandMade other;
  const ValueId b = other.parameter({3});
  const ValueId first = zeros(other);
  other.call("copy_.default", other.call("exp.default", first), {in("src", b)});
  EXPECT_THAT(unreached(other, other.call("exp.default", first)), ElementsAre(0));
}

TEST(Reach, WhatIsWrittenAfterTheUseIsNotPartOfIt) {
  HandMade m;
  const ValueId a = m.parameter({3});
  const ValueId memory = zeros(m);
  const ValueId out = m.call("exp.default", memory);
  m.call("add_.Tensor", memory, {in("other", a)});
  EXPECT_THAT(unreached(m, out), ElementsAre(0));
}

TEST(Reach, InPlaceUnderNoGradKeepsWhatWasThere) {
  HandMade m;
  const ValueId a = m.parameter({3}), b = m.parameter({3});
  const ValueId x = m.call("tanh.default", a);
  const ValueId changed = m.call("mul_.Tensor", x, {in("other", b)});
  m.wrap(1, NodeKind::kSetGrad);
  EXPECT_THAT(unreached(m, changed), ElementsAre(1));
}

TEST(Reach, FrozenParametersAreNotAskedFor) {
  HandMade m;
  const ValueId a = m.parameter({3});
  m.model.tensors[0].trainable = false;
  EXPECT_THAT(unreached(m, m.call("detach.default", a)), IsEmpty());
  m.model.tensors[0].unused = true;
  EXPECT_THAT(unreached(m, m.call("detach.default", a)), ElementsAre(0));
}

TEST(ExportNotes, NameAFewOfManyParameters) {
  HandMade m;
  const ValueId kept = m.parameter({3}, "kept");
  for (int i = 1; i <= 5; ++i) m.parameter({3});
  const std::vector<ValueId> loss_of = {m.call("tanh.default", kept)};
  EXPECT_THAT(export_notes(m.model, loss_of),
              ElementsAre(HasSubstr("5 of 6 trainable parameters, which stay as they are: 'p1', "
                                    "'p2', 'p3' and 2 more")));
  EXPECT_FALSE(untrainable(m.model, loss_of));
  const std::vector<ValueId> cut = {m.call("detach.default", kept)};
  EXPECT_THAT(*untrainable(m.model, cut), HasSubstr("any of its 6 trainable parameters"));
}

TEST(SwitchedOff, ADropoutThatDropsNothingIsNone) {
  for (const double p : {0.0, 0.5})
    for (const bool train : {false, true}) {
      HandMade m;
      m.call("dropout.default", {in("input", m.parameter({3})), real("p", p), flag("train", train)},
             {3});
      EXPECT_EQ(switched_off(m.graph()).dropouts, p > 0 && !train ? 1u : 0u);
      m.wrap(1, NodeKind::kSetGrad, true);
      EXPECT_EQ(switched_off(m.graph()).dropouts, p > 0 && !train ? 1u : 0u);
    }
}

TEST(SwitchedOff, ABatchNormWithoutStatisticsIsNone) {
  HandMade m;
  const ValueId mean = m.buffer({3});
  const auto norm = [&](NamedArgument statistics, bool training) {
    m.call("batch_norm.default", {std::move(statistics), flag("training", training)}, {3});
  };
  norm(none("running_mean"), false);
  EXPECT_FALSE(switched_off(m.graph()).any());
  norm(in("running_mean", mean), false);
  norm(in("running_mean", mean), true);
  EXPECT_EQ(switched_off(m.graph()).batch_norms, 1u);
}

TEST(SwitchedOff, StatisticsCountAsCopiedOnlyWhereSomethingReadsThem) {
  HandMade m;
  const auto outs = m.call_many("_native_batch_norm_legit_functional.default", {},
                                std::vector<Dims>(5, Dims{3}), false);
  m.call("relu.default", outs[0]);
  EXPECT_FALSE(copies_statistics(m.program()));
  m.program().updates.push_back({0, outs[3]});
  EXPECT_TRUE(copies_statistics(m.program()));
}

}  // namespace
}  // namespace amalgam
