#include "graph/links.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "graph/operations/table.h"
#include "graph/values.h"
#include "hand_made.h"

namespace amalgam {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Two convolutions, then a linear layer over the means.
HandMade images(std::int64_t channels, std::int64_t size) {
  HandMade m;
  const ValueId x = m.input({kBatch, 3, size, size});
  const ValueId y = m.call("relu.default", m.conv(x, 3, channels, 3, 1, size));
  const ValueId z = m.conv(y, channels, channels, 3, 1, size);
  const ValueId mean =
      m.call("mean.dim", {in("self", z), numbers("dim", {2, 3})}, {kBatch, channels});
  m.output(m.linear(mean, channels, 10));
  return m;
}

HandMade vectors(std::int64_t width) {
  HandMade m;
  const ValueId x = m.input({kBatch, width});
  m.output(m.linear(m.call("relu.default", m.linear(x, width, width)), width, 10));
  return m;
}

TEST(LinkPoints, AreOutputsOfLayersThatAreReadLater) {
  const HandMade m = images(8, 6);
  const auto points = link_points(m.model);
  ASSERT_EQ(points.size(), 3u);
  EXPECT_EQ(points[0].node, 0u);
  EXPECT_EQ(points[0].channels, 1u);
  EXPECT_EQ(points[1].node, 2u);
  EXPECT_EQ(points[2].node, 4u);  // the output itself
  EXPECT_EQ(points[2].channels, 1u);
}

TEST(LinkPoints, NoneWhereEvalHasAProgramOfItsOwn) {
  HandMade m = images(8, 6);
  m.add_eval();
  EXPECT_THAT(link_points(m.model), IsEmpty());
}

TEST(LinkPoints, NoneOfWhatIsNoBatchOfFloats) {
  HandMade m;
  const ValueId x = m.input({kBatch, 5});
  m.linear(x, 5, 5);
  EXPECT_THAT(link_points(m.model), IsEmpty()) << "nothing reads it";
  m.output(m.graph().nodes[0].outputs[0].ids[0]);
  EXPECT_EQ(link_points(m.model).size(), 1u);
  Value& value = m.program().values[*m.graph().outputs[0]];
  value.dtype = DType::kFloat64;
  EXPECT_THAT(link_points(m.model), IsEmpty());
  value.dtype = DType::kFloat32;
  value.shape[0].symbol = "s1";
  EXPECT_THAT(link_points(m.model), IsEmpty());
}

TEST(Links, AValueIsSentOnce) {
  HandMade m = images(8, 6);
  EXPECT_EQ(send(m.model, 5), 0u);
  EXPECT_EQ(send(m.model, 7), 1u);
  EXPECT_EQ(send(m.model, 5), 0u);
  EXPECT_THAT(m.program().sent, ElementsAre(5, 7));
}

// What is woven in behind the point, and the new parameter's shape.
std::pair<std::vector<std::string>, Shape> received(HandMade to, HandMade from) {
  const LinkPoint end = link_points(to.model)[0], start = link_points(from.model)[0];
  const std::size_t before = to.model.tensors.size();
  const std::size_t weight = receive(to.model, end, from.model, start);
  EXPECT_EQ(to.model.tensors.size(), before + 1);
  EXPECT_TRUE(to.model.tensors[weight].trainable);
  EXPECT_EQ(to.program().received.size(), 1u);
  for (const Node& node : to.graph().nodes) EXPECT_NE(find_operation(node), nullptr) << node.name();
  return {names_of(to.graph()), to.model.tensors[weight].tensor.shape};
}

TEST(Links, ImagesArePooledAndProjected) {
  const auto [nodes, shape] = received(images(8, 6), images(5, 12));
  EXPECT_THAT(nodes, ElementsAre("conv2d.default", "adaptive_avg_pool2d.default", "conv2d.default",
                                 "add.Tensor", "relu.default", "conv2d.default", "mean.dim",
                                 "linear.default"));
  EXPECT_THAT(shape, ElementsAre(8, 5, 1, 1));
}

TEST(Links, ImagesOfOneSizeAreNotPooled) {
  const auto [nodes, shape] = received(images(8, 6), images(5, 6));
  EXPECT_EQ(nodes[1], "conv2d.default");
  EXPECT_EQ(nodes[2], "add.Tensor");
}

TEST(Links, ImagesIntoVectorsAreMeans) {
  const auto [nodes, shape] = received(vectors(7), images(5, 6));
  EXPECT_THAT(nodes, ElementsAre("linear.default", "mean.dim", "linear.default", "add.Tensor",
                                 "relu.default", "linear.default"));
  EXPECT_THAT(shape, ElementsAre(7, 5));
}

TEST(Links, VectorsIntoImagesAreSpread) {
  const auto [nodes, shape] = received(images(8, 6), vectors(7));
  EXPECT_EQ(nodes[1], "linear.default");
  EXPECT_EQ(nodes[2], "view.default");
  EXPECT_EQ(nodes[3], "add.Tensor");
  EXPECT_THAT(shape, ElementsAre(8, 7));
}

TEST(Links, EveryoneReadsTheSumAndTheRestStays) {
  HandMade to = images(8, 6);
  const HandMade from = images(8, 6);
  const LinkPoint end = link_points(to.model)[0];
  const std::vector<std::size_t> before = {to.tensor_of(1), to.tensor_of(4)};
  receive(to.model, end, from.model, link_points(from.model)[0]);
  const Node& relu = to.graph().nodes[3];
  ASSERT_EQ(relu.name(), "relu.default");
  EXPECT_EQ(relu.arguments[0].argument.get<ValueRef>()->id, to.graph().nodes[2].outputs[0].ids[0]);
  EXPECT_EQ(to.tensor_of(1), before[0]);
  EXPECT_EQ(to.tensor_of(4), before[1]);
}

TEST(Links, TheNewParameterStandsInFrontOfBuffers) {
  HandMade to = images(8, 6);
  const ValueId b = to.buffer({8});
  to.program().updates.push_back({to.tensor_of(b), b});
  const HandMade from = images(8, 6);
  const std::size_t weight =
      receive(to.model, link_points(to.model)[0], from.model, link_points(from.model)[0]);
  EXPECT_EQ(to.tensor_of(b), weight + 1);
  EXPECT_EQ(to.program().updates[0].tensor, weight + 1);
}

TEST(Values, AreVisitedInListsAndSubgraphs) {
  HandMade m;
  const ValueId x = m.input({kBatch, 3});
  const ValueId y = m.call("exp.default", x);
  m.call("cat.default", {in("tensors", std::vector<ValueId>{x, y}), number("dim", 1)}, {kBatch, 6});
  m.wrap(2, NodeKind::kSetGrad);
  std::vector<ValueId> read;
  for_each_read(m.graph().nodes[0], [&](ValueId id) { read.push_back(id); });
  EXPECT_THAT(read, ElementsAre(x, x, y));
  for_each_argument(m.graph().nodes[0], [&](ValueId) { ADD_FAILURE(); });
}

TEST(Values, AreRenamedFromANodeOn) {
  HandMade m;
  const ValueId x = m.input({kBatch, 3});
  m.call("exp.default", x);
  m.call("exp.default", x);
  m.wrap(1, NodeKind::kSetGrad);
  m.output(x);
  rename_values(m.graph(), 1, {{x, 99}});
  EXPECT_EQ(m.graph().nodes[0].arguments[0].argument.get<ValueRef>()->id, x);
  EXPECT_EQ(m.graph().nodes[1].body->nodes[0].arguments[0].argument.get<ValueRef>()->id, 99u);
  EXPECT_EQ(*m.graph().outputs[0], 99u);
}

}  // namespace
}  // namespace amalgam
