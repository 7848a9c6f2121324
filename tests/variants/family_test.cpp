#include "variants/family.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "hand_made.h"
#include "variants/balanced.h"
#include "variants/scaled.h"

namespace amalgam {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

std::vector<Start> fresh(const Model& model) {
  std::vector<Start> starts;
  for (const ModelTensor& tensor : model.tensors) {
    Start start;
    if (tensor.trainable) start.rows = {{tensor.tensor.shape[0], Form::normal(0.02)}};
    starts.push_back(std::move(start));
  }
  return starts;
}

using Shapes = std::vector<Shape>;

Shapes shapes_of(const Model& model) {
  Shapes shapes;
  for (const ModelTensor& tensor : model.tensors) shapes.push_back(tensor.tensor.shape);
  return shapes;
}

struct Member {
  std::shared_ptr<const Model> model;
  std::vector<Start> starts;
};

std::vector<Member> members_of(const Member& own) {
  const Family family(own.model, own.starts);
  std::vector<Member> members;
  for (std::size_t form = 0; form < family.forms().size(); ++form) {
    ChangedModel changed = *family.make(form, *own.model, {});
    fill_constants(*own.model, changed.origin, changed.model);
    auto starts = variant_starts(*own.model, own.starts, changed.model, changed.origin);
    members.push_back({std::make_shared<const Model>(std::move(changed.model)), starts});
  }
  return members;
}

Member member(HandMade& made) {
  return {std::make_shared<const Model>(made.model), fresh(made.model)};
}

// Layers of these widths, with an activation behind each.
HandMade layers(const std::vector<std::int64_t>& widths, std::int64_t inputs = 20) {
  HandMade m;
  ValueId x = m.input({kBatch, inputs});
  for (const std::int64_t width : widths) {
    x = m.call("relu.default", m.linear(x, inputs, width));
    inputs = width;
  }
  m.output(m.linear(x, inputs, 10));
  return m;
}

// Convolutions with blocks that add what they compute, in two stages.
HandMade residual(std::int64_t width, std::size_t first, std::size_t second) {
  HandMade m;
  ValueId x = m.conv(m.input({kBatch, 3, 8, 8}), 3, width, 3, 1, 8);
  std::int64_t from = width;
  for (const std::size_t blocks : {first, second}) {
    for (std::size_t b = 0; b < blocks; ++b) {
      const ValueId y = m.call("relu.default", m.conv(x, from, from, 3, 1, 8));
      x = m.call("add.Tensor", {in("self", x), in("other", m.conv(y, from, from, 3, 1, 8))},
                 {kBatch, from, 8, 8});
    }
    if (from == width) x = m.call("relu.default", m.conv(x, from, 2 * from, 1, 0, 8));
    from = 2 * width;
  }
  m.output(m.linear(m.call("mean.dim", {in("self", x), numbers("dim", {2, 3})}, {kBatch, from}),
                    from, 10));
  return m;
}

// Tokens, blocks of attention with heads of 8 and a layer four times as wide, written as PyTorch
// does.
HandMade transformer(std::int64_t heads, std::size_t blocks) {
  const std::int64_t width = heads * 8, length = 5;
  HandMade m;
  ValueId x = m.linear(m.input({kBatch, length, 12}), 12, width);
  for (std::size_t b = 0; b < blocks; ++b) {
    std::vector<ValueId> parts;
    for (int part = 0; part < 3; ++part) {
      const ValueId seen =
          m.call("view.default",
                 {in("self", m.linear(x, width, width)), numbers("size", {-1, length, heads, 8})},
                 {kBatch, length, heads, 8});
      parts.push_back(m.call("transpose.int",
                             {in("self", seen), number("dim0", 1), number("dim1", 2)},
                             {kBatch, heads, length, 8}));
    }
    const ValueId attended =
        m.call("scaled_dot_product_attention.default",
               {in("query", parts[0]), in("key", parts[1]), in("value", parts[2])},
               {kBatch, heads, length, 8});
    const ValueId back =
        m.call("transpose.int", {in("self", attended), number("dim0", 1), number("dim1", 2)},
               {kBatch, length, heads, 8});
    const ValueId flat = m.call("flatten.using_ints", {in("self", back), number("start_dim", 2)},
                                {kBatch, length, width});
    x = m.call("add.Tensor", {in("self", x), in("other", m.linear(flat, width, width))},
               {kBatch, length, width});
    const ValueId wide = m.call("gelu.default", m.linear(x, width, 4 * width));
    x = m.call("add.Tensor", {in("self", x), in("other", m.linear(wide, 4 * width, width))},
               {kBatch, length, width});
  }
  m.output(m.linear(m.call("mean.dim", {in("self", x), numbers("dim", {1})}, {kBatch, width}),
                    width, 10));
  return m;
}

std::vector<HandMade> some_models() {
  std::vector<HandMade> models;
  models.push_back(layers({64, 128}));
  models.push_back(layers({300, 100}));
  models.push_back(layers({120, 84}));
  models.push_back(layers({17, 30}));
  models.push_back(layers({64, 64, 64, 64}, 64));  // whose inputs are as wide by chance
  models.push_back(residual(48, 2, 5));
  models.push_back(transformer(4, 2));
  models.push_back(transformer(12, 4));
  return models;
}

TEST(Family, IsTheSameForEveryMember) {
  for (HandMade& m : some_models()) {
    const std::vector<Member> members = members_of(member(m));
    std::vector<Shapes> expected;
    for (const Member& one : members) expected.push_back(shapes_of(*one.model));
    EXPECT_EQ(std::set<Shapes>(expected.begin(), expected.end()).size(), members.size());
    EXPECT_GT(members.size(), 1u);
    for (std::size_t i = 0; i < members.size(); ++i) {
      EXPECT_EQ(Family(members[i].model, members[i].starts).own(), i);
      std::vector<Shapes> found;
      for (const Member& one : members_of(members[i])) found.push_back(shapes_of(*one.model));
      EXPECT_EQ(found, expected);
    }
  }
}

TEST(Family, WidthsAreMultipliedTogether) {
  HandMade m = layers({64, 128});
  std::vector<Shape> first;
  for (const Member& one : members_of(member(m))) {
    const Shape& shape = one.model->tensors[0].tensor.shape;
    EXPECT_THAT(one.model->tensors[2].tensor.shape, ElementsAre(2 * shape[0], shape[0]));
    first.push_back(shape);
  }
  EXPECT_THAT(first, ElementsAre(Shape{32, 20}, Shape{48, 20}, Shape{64, 20}, Shape{96, 20}));
}

TEST(Family, StagesHaveABlockMoreOrLess) {
  HandMade m = residual(48, 2, 5);
  std::set<std::size_t> nodes;
  for (const Member& one : members_of(member(m)))
    nodes.insert(one.model->train().graph.nodes.size());
  const std::size_t own = m.graph().nodes.size();
  EXPECT_THAT(nodes, ElementsAre(own, own + 4, own + 8, own + 12));
  const Member all = member(m);
  EXPECT_THAT(Family(all.model, all.starts).forms(), SizeIs(4 * 2 * 2));
}

TEST(Family, HeadsVaryAndTheirDimensionStays) {
  HandMade m = transformer(4, 2);
  std::set<std::int64_t> heads;
  for (const Member& one : members_of(member(m)))
    for (const Node& node : one.model->train().graph.nodes)
      if (node.name() == "view.default") {
        const auto& size = *node.find("size")->get<ArgumentList>();
        EXPECT_EQ(*size[3].get<std::int64_t>(), 8);
        heads.insert(*size[2].get<std::int64_t>());
      }
  EXPECT_THAT(heads, ElementsAre(2, 3, 4, 6)) << "one head is no split";
}

TEST(Family, WhatIsKeptStays) {
  HandMade m = layers({64, 64, 64});
  const Family trained(member(m).model, std::vector<Start>(m.model.tensors.size()));
  EXPECT_THAT(trained.forms(), SizeIs(1));
  HandMade two = residual(48, 2, 5);
  two.add_eval();
  const Member own = member(two);
  const Family family(own.model, own.starts);
  for (const FamilyForm& form : family.forms())
    EXPECT_THAT(form.depths, SizeIs(0)) << "the graph for evaluation would have to change with it";
}

TEST(Family, WidthsStayWhereAnOperationIsUnknown) {
  HandMade m;
  const ValueId x = m.linear(m.input({kBatch, 20}), 20, 64);
  const ValueId y = m.linear(x, 64, 64);
  m.output(m.linear(m.call("nothing_known.default", y), 64, 10));
  const Member own = member(m);
  EXPECT_THAT(Family(own.model, own.starts).forms(), SizeIs(1)) << "64 beside 96 would tell";
}

}  // namespace
}  // namespace amalgam
