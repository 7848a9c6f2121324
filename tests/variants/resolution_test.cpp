#include "variants/resolution.h"

#include <gtest/gtest.h>

#include "hand_made.h"

namespace amalgam {
namespace {

// Images [N, 3, 16, 16], then what a test adds.
struct Pictures : HandMade {
  ValueId x = input({kBatch, 3, 16, 16});

  // Ends in the mean over all places.
  void finish(ValueId from, std::int64_t channels) {
    output(call("mean.dim", {in("self", from), numbers("dim", {-2, -1})}, {kBatch, channels}));
  }
};

// Height and width of what a node puts out at the size asked for.
std::pair<std::uint64_t, std::uint64_t> size_of(const Pictures& m, std::size_t node,
                                                ImageSize size) {
  const auto resized = at_resolution(m.model, size);
  EXPECT_TRUE(resized);
  if (!resized) return {};
  const auto& shape =
      resized->train().values[resized->train().graph.nodes[node].outputs[0].ids[0]].shape;
  return {shape[2].size, shape[3].size};
}

using Pair = std::pair<std::uint64_t, std::uint64_t>;

TEST(Resolution, ConvolutionsLeaveWhatTheirKernelsDo) {
  Pictures m;
  const ValueId weight = m.parameter({4, 3, 3, 3});
  m.finish(m.call("conv2d.default",
                  {in("input", m.x), in("weight", weight), none("bias"), numbers("stride", {2, 1}),
                   numbers("padding", {1}), numbers("dilation", {1, 2})},
                  {kBatch, 4, 8, 14}),
           4);
  EXPECT_EQ(size_of(m, 0, {10, 12}), Pair(5, 10));
  EXPECT_EQ(size_of(m, 0, {16, 16}), Pair(8, 14)) << "as the export has it";
}

TEST(Resolution, PoolsTakeTheirKernelAsStrideAndMayRoundUp) {
  for (const bool ceil : {false, true}) {
    Pictures m;
    m.finish(m.call("max_pool2d.default",
                    {in("self", m.x), numbers("kernel_size", {3, 3}), numbers("stride", {}),
                     flag("ceil_mode", ceil)},
                    {kBatch, 3, ceil ? 6 : 5, ceil ? 6 : 5}),
             3);
    EXPECT_EQ(size_of(m, 0, {10, 12}), ceil ? Pair(4, 4) : Pair(3, 4));
  }
}

TEST(Resolution, AWindowThatBeginsInThePaddingIsNone) {
  Pictures m;
  m.finish(m.call("avg_pool2d.default",
                  {in("self", m.x), numbers("kernel_size", {2, 2}), numbers("stride", {2, 2}),
                   numbers("padding", {1, 1}), flag("ceil_mode", true)},
                  {kBatch, 3, 9, 9}),
           3);
  EXPECT_EQ(size_of(m, 0, {11, 11}), Pair(6, 6));
}

TEST(Resolution, PixelsAndChannelsFollow) {
  Pictures m;
  const ValueId gain = m.parameter({3, 1, 1});
  ValueId y = m.call("mul.Tensor", {in("self", m.x), in("other", gain)}, {kBatch, 3, 16, 16});
  y = m.call("relu.default", y);
  const std::vector<ValueId> both = {m.x, y};
  y = m.call("cat.default", {in("tensors", both), number("dim", 1)}, {kBatch, 6, 16, 16});
  y = m.call("batch_norm.default", {in("input", y), in("weight", m.parameter({6}))},
             {kBatch, 6, 16, 16});
  m.finish(y, 6);
  for (std::size_t node = 0; node < 4; ++node)
    EXPECT_EQ(size_of(m, node, {10, 12}), Pair(10, 12)) << node;
}

TEST(Resolution, WhatIsFixedBehindAPoolStays) {
  Pictures m;
  const ValueId pooled =
      m.call("adaptive_avg_pool2d.default", {in("self", m.x), numbers("output_size", {2, 2})},
             {kBatch, 3, 2, 2});
  const ValueId flat =
      m.call("flatten.using_ints", {in("self", pooled), number("start_dim", 1)}, {kBatch, 12});
  m.output(m.linear(flat, 12, 10));
  EXPECT_EQ(size_of(m, 0, {10, 12}), Pair(2, 2));
}

TEST(Resolution, ParametersStayAsTheyAre) {
  Pictures m;
  m.finish(m.conv(m.x, 3, 4, 3, 1, 16), 4);
  const auto resized = at_resolution(m.model, {8, 8});
  ASSERT_TRUE(resized);
  EXPECT_EQ(resized->tensors[0].tensor.source, m.model.tensors[0].tensor.source);
}

bool fits(Pictures& m) { return at_resolution(m.model, {8, 8}).has_value(); }

TEST(Resolution, NoneWhereALayerHasTheImagesSize) {
  Pictures m;
  const ValueId flat =
      m.call("flatten.using_ints", {in("self", m.x), number("start_dim", 1)}, {kBatch, 768});
  m.output(m.linear(flat, 768, 10));
  EXPECT_FALSE(fits(m));
}

TEST(Resolution, NoneOfAnUnknownOperation) {
  for (const char* name : {"hypot.default", "view.default", "conv2d.padding", "prelu.default"}) {
    Pictures m;
    m.finish(m.call(name, m.x), 3);
    EXPECT_FALSE(fits(m)) << name;
  }
}

TEST(Resolution, NoneWhereAnImageIsAnOutputOrABuffer) {
  Pictures out;
  out.output(out.call("relu.default", out.x));
  EXPECT_FALSE(fits(out));
  Pictures update;
  const ValueId b = update.buffer({3, 16, 16});
  update.finish(update.x, 3);
  const ValueId y = update.call("relu.default", update.x);
  update.program().updates.push_back({update.tensor_of(b), y});
  EXPECT_FALSE(fits(update));
}

TEST(Resolution, NoneWhereTensorsMeetAnotherSize) {
  Pictures m;
  const ValueId mask = m.parameter({16, 16});
  m.finish(m.call("mul.Tensor", {in("self", m.x), in("other", mask)}, {kBatch, 3, 16, 16}), 3);
  EXPECT_FALSE(fits(m));
}

TEST(Resolution, NoneWhereAKernelIsLargerThanTheImage) {
  Pictures m;
  m.finish(m.conv(m.x, 3, 4, 11, 0, 6), 4);
  EXPECT_FALSE(fits(m));
}

TEST(Resolution, NoneOfOtherInputs) {
  HandMade vectors;
  vectors.output(vectors.call("relu.default", vectors.input({kBatch, 6})));
  EXPECT_FALSE(at_resolution(vectors.model, {8, 8}));
  Pictures two;
  two.input({kBatch, 3, 16, 16});
  two.finish(two.x, 3);
  EXPECT_FALSE(fits(two));
  Pictures eval;
  eval.finish(eval.x, 3);
  eval.add_eval();
  EXPECT_FALSE(fits(eval));
}

}  // namespace
}  // namespace amalgam
