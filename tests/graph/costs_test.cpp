#include "graph/operations/costs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "amalgam/model.h"
#include "graph/operations/table.h"
#include "hand_made.h"

namespace amalgam {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

double flops(const HandMade& m) { return forward_cost(m.model).flops_per_sample; }

TEST(Costs, OfAConvolution) {
  HandMade m;
  const ValueId x = m.input({kBatch, 3, 8, 8});
  m.conv(x, 3, 5, 3, 1, 8);
  // Each of 5 x 64 values is a sum over 3 x 9 products.
  EXPECT_EQ(flops(m), 2 * 5 * 64 * 27);
}

TEST(Costs, OfGroups) {
  HandMade m;
  const ValueId x = m.input({kBatch, 4, 8, 8}), weight = m.parameter({8, 1, 3, 3});
  m.call("conv2d.default", {in("input", x), in("weight", weight), number("groups", 4)},
         {kBatch, 8, 6, 6});
  EXPECT_EQ(flops(m), 2 * 8 * 36 * 9);
}

TEST(Costs, OfATransposedConvolution) {
  HandMade m;
  const ValueId x = m.input({kBatch, 3, 8, 8}), weight = m.parameter({3, 5, 2, 2});
  m.call("conv_transpose2d.input", {in("input", x), in("weight", weight)}, {kBatch, 5, 16, 16});
  EXPECT_EQ(flops(m), 2 * 3 * 64 * 5 * 4);
}

TEST(Costs, OfProducts) {
  HandMade m;
  const ValueId x = m.input({kBatch, 7, 6});
  m.linear(x, 6, 9);
  EXPECT_EQ(flops(m), 2 * 7 * 9 * 6);
  m.call("bmm.default", {in("self", x), in("mat2", m.value({kBatch, 6, 2}))}, {kBatch, 7, 2});
  EXPECT_EQ(flops(m), 2 * 7 * 9 * 6 + 2 * 7 * 2 * 6);
  HandMade other;
  const ValueId y = other.input({kBatch, 6});
  other.call("addmm.default",
             {in("self", other.parameter({3})), in("mat1", y), in("mat2", other.parameter({6, 3}))},
             {kBatch, 3});
  EXPECT_EQ(flops(other), 2 * 3 * 6);
}

TEST(Costs, OfAttention) {
  HandMade m;
  const ValueId q = m.input({kBatch, 2, 5, 8}), k = m.value({kBatch, 2, 7, 8});
  m.call("scaled_dot_product_attention.default", {in("query", q), in("key", k), in("value", k)},
         {kBatch, 2, 5, 8});
  EXPECT_EQ(flops(m), 4 * 2 * 5 * 8 * 7);
}

TEST(Costs, OfAnLstm) {
  HandMade m;
  const ValueId x = m.input({kBatch, 5, 6});
  const std::vector<ValueId> weights = {m.parameter({12, 6}), m.parameter({12, 3}),
                                        m.parameter({12}), m.parameter({12})};
  m.call_many("lstm.input", {in("input", x), in("params", weights)}, {{kBatch, 5, 3}}, false);
  EXPECT_EQ(flops(m), 2 * 5 * (12 * 6 + 12 * 3));
}

TEST(Costs, WhatTakesParametersWithoutACostIsNamed) {
  HandMade m;
  const ValueId x = m.input({kBatch, 6});
  const ValueId p = m.parameter({6});
  m.call("exp.default", x);
  m.call("add.Tensor", {in("self", x), in("other", p)}, {kBatch, 6});
  EXPECT_THAT(forward_cost(m.model).unknown, IsEmpty());
  m.call("hypot.default", {in("self", x), in("other", p)}, {kBatch, 6});
  m.call("hypot.default", {in("self", x), in("other", x)}, {kBatch, 6});
  m.call("gru.data", {in("input", x), in("params", std::vector<ValueId>{p})}, {kBatch, 6});
  EXPECT_THAT(forward_cost(m.model).unknown, ElementsAre("gru.data", "hypot.default"));
}

TEST(Costs, InsideSubgraphsCount) {
  HandMade m;
  m.linear(m.input({kBatch, 6}), 6, 9);
  m.wrap(1, NodeKind::kAutocast);
  EXPECT_EQ(flops(m), 2 * 9 * 6);
}

TEST(Costs, DimensionsAreCountedFromBothEnds) {
  HandMade m;
  const ValueId x = m.input({kBatch, 3, 5});
  m.call("exp.default", x);
  const Node& node = m.graph().nodes[0];
  EXPECT_EQ(dimension(node, m.program(), "self", 1), 3);
  EXPECT_EQ(dimension(node, m.program(), "self", -1), 5);
  EXPECT_EQ(dimension(node, m.program(), "self", 3), 0);
  EXPECT_EQ(dimension(node, m.program(), "self", -4), 0);
  EXPECT_EQ(dimension(node, m.program(), "other", 0), 0);
  EXPECT_EQ(elements(m.program(), x), 4 * 3 * 5);
  EXPECT_EQ(argument_elements(node, m.program(), "self"), 60);
  EXPECT_EQ(argument_elements(node, m.program(), "other"), 0);
  EXPECT_EQ(output_elements(node, m.program()), 60);
  EXPECT_EQ(output_elements(Node(), m.program()), 0);
  EXPECT_EQ(batch_of(m.model), 4);
}

TEST(ActivationBytes, ViewsAndChangesInPlaceKeepNothing) {
  HandMade m;
  const ValueId x = m.input({kBatch, 6});
  EXPECT_EQ(activation_bytes_per_sample(m.model), 0);
  const ValueId y = m.call("exp.default", x);
  EXPECT_EQ(activation_bytes_per_sample(m.model), 24);
  m.call("view.default", {in("self", y), numbers("size", {-1, 2, 3})}, {kBatch, 2, 3});
  m.call("relu_.default", y);
  EXPECT_EQ(activation_bytes_per_sample(m.model), 24);
  m.call("__and__.Tensor", {in("self", y), in("other", y)}, {kBatch, 6}, DType::kBool);
  EXPECT_EQ(activation_bytes_per_sample(m.model), 30);
}

TEST(ActivationBytes, NothingIsKeptUnderNoGrad) {
  HandMade m;
  m.call("exp.default", m.input({kBatch, 6}));
  m.wrap(1, NodeKind::kSetGrad);
  EXPECT_EQ(activation_bytes_per_sample(m.model), 0);
}

TEST(Properties, ParametersAreCounted) {
  HandMade m;
  m.parameter({3, 4});
  m.buffer({7});
  m.parameter({5});
  EXPECT_EQ(parameter_count(m.model), 17u);
}

TEST(Properties, CastsOfItsOwn) {
  for (const char* cast : {"to.dtype", "_to_copy.default"}) {
    HandMade m;
    const ValueId x = m.input({kBatch, 6});
    m.call("type_as.default", x);
    EXPECT_FALSE(casts_by_itself(m.model));
    m.call(cast, x);
    EXPECT_TRUE(casts_by_itself(m.model)) << cast;
    m.wrap(1, NodeKind::kSetGrad);
    EXPECT_TRUE(casts_by_itself(m.model)) << cast;
  }
  HandMade m;
  m.call("exp.default", m.input({kBatch, 6}));
  m.wrap(1, NodeKind::kAutocast);
  EXPECT_TRUE(casts_by_itself(m.model));
}

// Nanoseconds that a step of one more operation takes.
double time_of(const std::string& name, std::vector<NamedArgument> more = {}) {
  HandMade m;
  const ValueId x = m.input({kBatch, 16, 8, 8});
  const double before = step_cost(m.model, 4);
  more.insert(more.begin(), in("self", x));
  m.call(name, std::move(more), {kBatch, 16, 8, 8});
  return step_cost(m.model, 4) - before;
}

TEST(StepCost, NumbersAndViewsTakeNothing) {
  EXPECT_EQ(time_of("view.default"), 0);
  EXPECT_EQ(time_of("sym_size.int"), 0);
  EXPECT_GT(time_of("exp.default"), 0);
}

TEST(StepCost, CostlierFunctionsTakeLongerInPlaceAsWell) {
  EXPECT_GT(time_of("gelu.default"), time_of("relu.default"));
  EXPECT_GT(time_of("mish.default"), time_of("gelu.default"));
  EXPECT_EQ(time_of("silu.default"), time_of("silu_.default"));
  EXPECT_EQ(time_of("hypot.default"), time_of("exp.default"));
}

TEST(StepCost, LayersTakeLongerThanPlainOperations) {
  for (const char* name : {"layer_norm.default", "mean.dim", "max_pool2d.default"})
    EXPECT_GT(time_of(name), time_of("exp.default")) << name;
}

TEST(StepCost, GrowsWithTheBatchAndTheParameters) {
  HandMade m;
  m.linear(m.input({kBatch, 64}), 64, 64);
  EXPECT_GT(step_cost(m.model, 64), step_cost(m.model, 8));
  const double before = step_cost(m.model, 8);
  m.parameter({64, 64});
  EXPECT_GT(step_cost(m.model, 8), before);
}

TEST(StepCost, OfConvolutions) {
  const auto time = [](std::int64_t channels, std::int64_t groups) {
    HandMade m;
    const ValueId x = m.input({kBatch, channels, 8, 8});
    const ValueId weight = m.parameter({channels, channels / groups, 3, 3});
    m.call("conv2d.default", {in("input", x), in("weight", weight), number("groups", groups)},
           {kBatch, channels, 8, 8});
    return step_cost(m.model, 16);
  };
  EXPECT_LT(time(64, 64), time(64, 1));  // depthwise
  EXPECT_LT(time(32, 1), time(33, 1));   // filled up to vectors
}

}  // namespace
}  // namespace amalgam
