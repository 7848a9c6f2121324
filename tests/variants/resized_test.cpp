#include "variants/resized.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "amalgam/error.h"
#include "variants/amount.h"
#include "variants/inferred.h"

namespace amalgam {
namespace {

using testing::ElementsAre;

// Vectors [N, 6] through a width of 12 that is seen as heads, to ten classes.
HandMade network(std::int64_t width = 12) {
  HandMade m;
  const ValueId x = m.linear(m.input({kBatch, 6}), 6, width);
  const ValueId heads = m.call("view.default", {in("self", x), numbers("size", {-1, 3, width / 3})},
                               {kBatch, 3, width / 3});
  const ValueId y =
      m.call("flatten.using_ints", {in("self", heads), number("start_dim", 1)}, {kBatch, width});
  m.output(m.linear(y, width, 10));
  return m;
}

Assignment with_free(const WidthInference& widths, std::uint64_t value) {
  Assignment sizes = own_sizes(widths);
  for (const SymbolId id : widths.free) sizes[id] = value;
  return sizes;
}

TEST(Resized, TensorsValuesAndNumbersFollow) {
  HandMade m = network();
  const WidthInference widths = infer_widths(m.model);
  ASSERT_EQ(widths.free.size(), 1u);
  const Model variant = resized(m.model, widths, with_free(widths, 7));
  EXPECT_THAT(variant.tensors[0].tensor.shape, ElementsAre(21, 6));
  EXPECT_THAT(variant.tensors[1].tensor.shape, ElementsAre(21));
  EXPECT_THAT(variant.tensors[2].tensor.shape, ElementsAre(10, 21));
  EXPECT_EQ(variant.tensors[2].tensor.source, nullptr);
  EXPECT_NE(variant.tensors[3].tensor.source, nullptr) << "ten biases as before";
  const auto& size = *variant.train().graph.nodes[1].find("size")->get<ArgumentList>();
  EXPECT_EQ(*size[2].get<std::int64_t>(), 7);
  EXPECT_EQ(*size[0].get<std::int64_t>(), -1);
  const ValueId heads = variant.train().graph.nodes[1].outputs[0].ids[0];
  EXPECT_EQ(variant.train().values[heads].shape[2].size, 7u);
}

TEST(Resized, AtItsOwnSizesItIsTheModel) {
  HandMade m = network();
  const WidthInference widths = infer_widths(m.model);
  const Model same = resized(m.model, widths, own_sizes(widths));
  for (std::size_t t = 0; t < same.tensors.size(); ++t) {
    EXPECT_EQ(same.tensors[t].tensor.shape, m.model.tensors[t].tensor.shape);
    EXPECT_EQ(same.tensors[t].tensor.source, m.model.tensors[t].tensor.source);
  }
}

TEST(Resized, NumbersInsideSubgraphsFollow) {
  HandMade m;
  const ValueId x = m.linear(m.input({kBatch, 6}), 6, 12);
  const ValueId y = m.call("layer_norm.default",
                           {in("input", x), numbers("normalized_shape", {12})}, {kBatch, 12});
  m.wrap(1, NodeKind::kAutocast);
  m.output(m.linear(y, 12, 10));
  const WidthInference widths = infer_widths(m.model);
  const Model variant = resized(m.model, widths, with_free(widths, 5));
  const Node& norm = variant.train().graph.nodes[1].body->nodes[0];
  EXPECT_EQ(*(*norm.find("normalized_shape")->get<ArgumentList>())[0].get<std::int64_t>(), 5);
}

// Layers of these widths, one after another.
WidthInference chain(const std::vector<std::int64_t>& sizes) {
  HandMade m;
  ValueId x = m.input({kBatch, 6});
  std::int64_t before = 6;
  for (const std::int64_t size : sizes) {
    x = m.linear(x, before, size);
    before = size;
  }
  m.output(m.linear(x, before, 10));
  return infer_widths(m.model);
}

TEST(Amount, IsMetInStepsOfWhatSizesHaveInCommon) {
  EXPECT_EQ(size_step(chain({64, 128, 256})), 8u);
  EXPECT_EQ(size_step(chain({30, 42})), 6u);
  EXPECT_EQ(size_step(chain({})), 1u);
  HandMade m = network(96);
  const WidthInference widths = infer_widths(m.model);
  for (const double ratio : {0.4, 0.8, 1.25, 1.7}) {
    const auto variant = with_parameters(m.model, widths, ratio, {});
    ASSERT_TRUE(variant);
    const auto found = static_cast<double>(parameter_count(*variant));
    EXPECT_NEAR(found / static_cast<double>(parameter_count(m.model)), ratio, 0.1);
  }
}

TEST(Amount, WithOtherClasses) {
  HandMade m = network(96);
  const WidthInference widths = infer_widths(m.model, ResultSizes::kClassesVary);
  const auto variant = with_parameters(m.model, widths, 0.8, 7);
  ASSERT_TRUE(variant);
  EXPECT_EQ(variant->tensors[2].tensor.shape[0], 7u);
  EXPECT_EQ(variant->tensors[3].tensor.shape[0], 7u);
}

TEST(Amount, NothingWhereThereIsNothingToChoose) {
  HandMade m;
  m.output(m.linear(m.input({kBatch, 6}), 6, 10));
  EXPECT_FALSE(with_parameters(m.model, infer_widths(m.model), 0.8, {}));
}

}  // namespace
}  // namespace amalgam
