#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "variants/inferred.h"

namespace amalgam {
namespace {

TEST(LayerWidths, ProductsTieWhatTheySumOver) {
  VectorModel m;
  const ValueId p = m.parameter({12, 7});
  const ValueId y = m.call("matmul.default", {in("self", m.h), in("other", p)}, {kBatch, 7});
  m.finish(y, 7);
  Inferred found(m);
  ASSERT_TRUE(found.all_known());
  EXPECT_EQ(found.size(p, 0), found.size(m.first, 0));
  EXPECT_EQ(found.size(p, 1), m.into(found));
}

TEST(LayerWidths, ProductsWithABias) {
  VectorModel m;
  const ValueId bias = m.parameter({7}), p = m.parameter({12, 7});
  const ValueId y =
      m.call("addmm.default", {in("self", bias), in("mat1", m.h), in("mat2", p)}, {kBatch, 7});
  m.finish(y, 7);
  Inferred found(m);
  ASSERT_TRUE(found.all_known());
  EXPECT_EQ(found.size(bias, 0), found.size(p, 1));
}

TEST(LayerWidths, NormsTieTheirVectors) {
  VectorModel m;
  const ValueId weight = m.parameter({12}), bias = m.parameter({12});
  const ValueId y = m.call(
      "layer_norm.default",
      {in("input", m.h), numbers("normalized_shape", {12}), in("weight", weight), in("bias", bias)},
      {kBatch, 12});
  m.finish(y, 12);
  Inferred found(m);
  ASSERT_TRUE(found.all_known());
  EXPECT_EQ(found.size(weight, 0), found.size(m.first, 0));
  EXPECT_THAT(found.patched(), testing::ElementsAre("normalized_shape"));
}

TEST(LayerWidths, GroupsDivideTheirChannels) {
  VectorModel m;
  const ValueId weight = m.parameter({12});
  const ValueId y =
      m.call("group_norm.default",
             {in("input", m.h), number("num_groups", 4), in("weight", weight)}, {kBatch, 12});
  m.finish(y, 12);
  Inferred found(m);
  ASSERT_TRUE(found.all_known());
  EXPECT_EQ(found.size(m.first, 0).terms().begin()->second, 4u);
}

TEST(LayerWidths, AnEmbeddingsEntriesAreTheDatas) {
  HandMade m;
  const ValueId tokens = m.input({kBatch, 5}, DType::kInt64), table = m.parameter({100, 8});
  const ValueId y =
      m.call("embedding.default", {in("weight", table), in("indices", tokens)}, {kBatch, 5, 8});
  m.output(m.linear(y, 8, 10));
  Inferred found(m);
  ASSERT_TRUE(found.all_known());
  EXPECT_TRUE(found.is_fixed(table, 0));
  EXPECT_FALSE(found.is_fixed(table, 1));
}

TEST(LayerWidths, AttentionTiesItsThreeInputs) {
  VectorModel m;
  const auto heads = [&](ValueId from) {
    return m.call("view.default", {in("self", from), numbers("size", {-1, 1, 3, 4})},
                  {kBatch, 1, 3, 4});
  };
  const ValueId q = heads(m.h), k = heads(m.linear(m.x, 6, 12)), v = heads(m.linear(m.x, 6, 12));
  const ValueId y = m.call("scaled_dot_product_attention.default",
                           {in("query", q), in("key", k), in("value", v)}, {kBatch, 1, 3, 4});
  m.finish(y, 4);
  Inferred found(m);
  ASSERT_TRUE(found.all_known());
  EXPECT_EQ(found.of_value(q, 3), found.of_value(k, 3));
  EXPECT_EQ(m.into(found), found.of_value(v, 3));
  EXPECT_FALSE(m.into(found) == found.of_value(q, 3)) << "values may have a width of their own";
}

// Of so many gates, in both directions over [N, 5, 6] or packed to [N, 6], with a hidden size of 3.
struct RecurrentModel : HandMade {
  RecurrentModel(const std::string& name, std::int64_t gates, bool packed = false) {
    const ValueId x = packed ? input({kBatch, 6}) : input({kBatch, 5, 6});
    for (int direction = 0; direction < 2; ++direction)
      for (const Dims& shape :
           std::vector<Dims>{{3 * gates, 6}, {3 * gates, 3}, {3 * gates}, {3 * gates}})
        weights.push_back(parameter(shape));
    const bool cells = name == "lstm";
    state = call("zeros.default", {numbers("size", {2, 4, 3})}, {2, 4, 3});
    std::vector<Dims> shapes = {packed ? Dims{kBatch, 6} : Dims{kBatch, 5, 6}, {2, 4, 3}};
    if (cells) shapes.push_back({2, 4, 3});
    const auto hx = cells ? in("hx", std::vector<ValueId>{state, state}) : in("hx", state);
    out =
        call_many(name + (packed ? ".data" : ".input"),
                  {in(packed ? "data" : "input", x), hx, in("params", weights),
                   flag("has_biases", true), number("num_layers", 1), flag("bidirectional", true)},
                  shapes, false);
    output(linear(out[0], 6, 10));
  }

  std::vector<ValueId> weights, out;
  ValueId state = 0;
};

TEST(LayerWidths, RecurrentWeightsHaveTheHiddenSizeOncePerGate) {
  const std::vector<std::pair<std::string, std::int64_t>> kinds = {
      {"lstm", 4}, {"gru", 3}, {"rnn_tanh", 1}, {"rnn_relu", 1}};
  for (std::size_t i = 0; i < 2 * kinds.size(); ++i) {
    const auto& [name, gates] = kinds[i / 2];
    const bool packed = i % 2 == 1;
    RecurrentModel m(name, gates, packed);
    Inferred found(m);
    ASSERT_TRUE(found.all_known()) << name;
    const Size& hidden = found.size(m.weights[1], 1);
    EXPECT_FALSE(hidden.as_constant()) << name;
    for (const std::size_t w : {0u, 1u, 2u, 3u})
      EXPECT_EQ(found.size(m.weights[w], 0),
                Size::constant(static_cast<std::uint64_t>(gates)) * hidden);
    EXPECT_EQ(found.of_value(m.out[0], packed ? 1 : 2), Size::constant(2) * hidden);
    EXPECT_EQ(found.of_value(m.out.back(), 2), hidden) << "the last state";
    EXPECT_TRUE(found.is_fixed(m.weights[0], 1));
    EXPECT_EQ(found.of_value(m.state, 2), hidden) << "the first state follows";
  }
}

TEST(LayerWidths, RecurrentWeightsOfOtherGatesAreUnknown) {
  for (const std::string name : {"gru", "rnn_tanh"})
    EXPECT_FALSE(Inferred(*std::make_unique<RecurrentModel>(name, 4)).all_known()) << name;
}

TEST(LayerWidths, ConvolutionsTieTheirChannels) {
  ImageModel m;
  const ValueId second = static_cast<ValueId>(m.program().values.size());
  m.finish(m.conv(m.h, 12, 5, 3, 1, 8), 5);
  Inferred found(m);
  ASSERT_TRUE(found.all_known());
  EXPECT_EQ(found.size(second, 1), found.size(m.first, 0));
  EXPECT_TRUE(found.is_fixed(m.first, 1) && found.is_fixed(m.first, 2));
  EXPECT_FALSE(found.is_fixed(second, 0));
  EXPECT_EQ(found.widths.free.size(), 2u);
}

TEST(LayerWidths, DepthwiseGroupsFollowTheChannels) {
  ImageModel m;
  const ValueId weight = m.parameter({24, 1, 3, 3});
  const ValueId y =
      m.call("conv2d.default", {in("input", m.h), in("weight", weight), number("groups", 12)},
             {kBatch, 24, 6, 6});
  m.finish(y, 24);
  Inferred found(m);
  ASSERT_TRUE(found.all_known());
  EXPECT_EQ(found.size(weight, 0), Size::constant(2) * found.size(m.first, 0));
  EXPECT_THAT(found.patched(), testing::ElementsAre("groups"));
}

TEST(LayerWidths, OtherGroupsDivideBothSides) {
  ImageModel m;
  const ValueId weight = m.parameter({20, 3, 3, 3});
  const ValueId y =
      m.call("conv2d.default", {in("input", m.h), in("weight", weight), number("groups", 4)},
             {kBatch, 20, 6, 6});
  m.finish(y, 20);
  Inferred found(m);
  ASSERT_TRUE(found.all_known());
  EXPECT_EQ(found.size(m.first, 0), Size::constant(4) * found.size(weight, 1));
  EXPECT_EQ(found.size(weight, 0).terms().begin()->second, 4u);
}

TEST(LayerWidths, TransposedConvolutionsTheOtherWayRound) {
  for (const std::int64_t groups : {1, 4}) {
    ImageModel m;
    const ValueId weight = m.parameter({12, 5, 2, 2}), bias = m.parameter({5 * groups});
    const ValueId y =
        m.call("conv_transpose2d.input",
               {in("input", m.h), in("weight", weight), in("bias", bias), number("groups", groups)},
               {kBatch, 5 * groups, 16, 16});
    m.finish(y, 5 * groups);
    Inferred found(m);
    ASSERT_TRUE(found.all_known());
    EXPECT_EQ(found.size(weight, 0), found.size(m.first, 0));
    const auto times = static_cast<std::uint64_t>(groups);
    EXPECT_EQ(found.size(bias, 0), Size::constant(times) * found.size(weight, 1));
  }
}

TEST(LayerWidths, PoolsKeepTheirChannelsAndNothingElse) {
  for (const char* name : {"max_pool2d.default", "avg_pool2d.default",
                           "adaptive_avg_pool2d.default", "upsample_nearest2d.vec"}) {
    ImageModel m;
    const ValueId y =
        m.call(name, {in("self", m.h), numbers("kernel_size", {2, 2})}, {kBatch, 12, 4, 4});
    m.finish(y, 12);
    Inferred found(m);
    EXPECT_TRUE(found.all_known()) << name;
    EXPECT_FALSE(found.is_fixed(m.first, 0)) << name;
  }
}

TEST(LayerWidths, ChannelNormsAndParametricActivations) {
  ImageModel m;
  const ValueId slope = m.parameter({12}), gain = m.parameter({12}), mean = m.buffer({12});
  ValueId y = m.call("batch_norm.default",
                     {in("input", m.h), in("weight", gain), none("bias"), in("running_mean", mean)},
                     {kBatch, 12, 8, 8});
  y = m.call("prelu.default", {in("self", y), in("weight", slope)}, {kBatch, 12, 8, 8});
  m.finish(y, 12);
  Inferred found(m);
  ASSERT_TRUE(found.all_known());
  for (const ValueId vector : {slope, gain, mean})
    EXPECT_EQ(found.size(vector, 0), found.size(m.first, 0));
}

}  // namespace
}  // namespace amalgam
