#include "variants/changes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "graph/operations/table.h"
#include "variants/inferred.h"

namespace amalgam {
namespace {

using testing::ElementsAre;

// Calls change(changed, random) with many seeds on copies of the model.
template <typename Change>
void with_seeds(const Model& model, const Change& change) {
  for (std::uint8_t i = 1; i <= 40; ++i) {
    const Secret seed = seed_of(i);
    RandomStream random(seed, "test");
    ChangedModel changed = unchanged(model);
    change(changed, random);
  }
}

// Two convolutions of 4 channels with an activation behind each, then the mean.
HandMade images(const char* activation = "relu.default") {
  HandMade m;
  ValueId x = m.conv(m.input({kBatch, 3, 8, 8}), 3, 4, 3, 1, 8);
  x = m.call(activation, x);
  x = m.call(activation, m.conv(x, 4, 4, 3, 1, 8));
  m.output(m.call("mean.dim", {in("self", x), numbers("dim", {2, 3})}, {kBatch, 4}));
  return m;
}

TEST(Activations, OneKindBecomesAnotherEverywhere) {
  const HandMade m = images();
  std::set<std::string> drawn;
  with_seeds(m.model, [&](ChangedModel& changed, RandomStream& random) {
    ASSERT_TRUE(change_activations(changed, random));
    const auto found = names_of(changed.model.train().graph);
    EXPECT_EQ(found[1], found[3]);
    EXPECT_NE(found[1], "relu.default");
    drawn.insert(found[1]);
  });
  EXPECT_THAT(drawn, ElementsAre("gelu.default", "hardswish.default", "leaky_relu.default",
                                 "silu.default"));
}

TEST(Activations, InPlaceStaysInPlace) {
  const HandMade m = images("relu_.default");
  std::set<std::string> drawn;
  with_seeds(m.model, [&](ChangedModel& changed, RandomStream& random) {
    ASSERT_TRUE(change_activations(changed, random));
    drawn.insert(names_of(changed.model.train().graph)[1]);
  });
  EXPECT_THAT(drawn, ElementsAre("hardswish_.default", "leaky_relu_.default", "silu_.default"));
}

TEST(Activations, ArgumentsOfTheOldOneGo) {
  HandMade m = images("hardtanh.default");
  m.graph().nodes[1].arguments.push_back(real("min_val", 0));
  with_seeds(m.model, [&](ChangedModel& changed, RandomStream& random) {
    ASSERT_TRUE(change_activations(changed, random));
    EXPECT_EQ(changed.model.train().graph.nodes[1].arguments.size(), 1u);
  });
}

TEST(Activations, InsideSubgraphsAsWell) {
  HandMade m;
  m.output(m.call("gelu.default", m.input({kBatch, 4})));
  m.wrap(1, NodeKind::kAutocast);
  with_seeds(m.model, [&](ChangedModel& changed, RandomStream& random) {
    ASSERT_TRUE(change_activations(changed, random));
    EXPECT_NE(changed.model.train().graph.nodes[0].body->nodes[0].name(), "gelu.default");
  });
}

TEST(Activations, OthersAreLeftAlone) {
  const HandMade m = images("tanh.default");
  with_seeds(m.model, [&](ChangedModel& changed, RandomStream& random) {
    EXPECT_FALSE(change_activations(changed, random));
  });
}

TEST(Kernels, ChangeWithThePaddingThatKeepsTheSize) {
  const HandMade m = images();
  std::set<std::uint64_t> kernels;
  with_seeds(m.model, [&](ChangedModel& changed, RandomStream& random) {
    ASSERT_TRUE(change_kernel(changed, random));
    std::size_t others = 0;
    for (const std::size_t n : {0, 2}) {
      const Node& node = changed.model.train().graph.nodes[n];
      const ValueId weight = node.find("weight")->get<ValueRef>()->id;
      const std::size_t t = *changed.model.train().tensor_of_value[weight];
      const Tensor& tensor = changed.model.tensors[t].tensor;
      others += tensor.shape[2] == 3 ? 1 : 0;
      if (tensor.shape[2] == 3) continue;
      kernels.insert(tensor.shape[2]);
      EXPECT_EQ(tensor.shape[2], tensor.shape[3]);
      EXPECT_EQ(tensor.source, nullptr) << "its values have no form any more";
      EXPECT_EQ(changed.model.train().values[weight].shape[2].size, tensor.shape[2]);
      const Argument* padding = node.find("padding");
      const std::int64_t found =
          padding ? *(*padding->get<ArgumentList>())[0].get<std::int64_t>() : 0;
      EXPECT_EQ(static_cast<std::uint64_t>(2 * found + 1), tensor.shape[2]);
    }
    EXPECT_EQ(others, 1u);
  });
  EXPECT_THAT(kernels, ElementsAre(1u, 5u));
}

TEST(Kernels, AreWrittenAsExportsAre) {
  const HandMade m = images();
  with_seeds(m.model, [&](ChangedModel& changed, RandomStream& random) {
    ASSERT_TRUE(change_kernel(changed, random));
    for (const Node& node : changed.model.train().graph.nodes)
      for (const NamedArgument& named : node.arguments) EXPECT_FALSE(named.keyword);
  });
}

TEST(Kernels, OnlySquareOnesWithAWeightOfTheirOwn) {
  HandMade even;
  even.conv(even.input({kBatch, 3, 8, 8}), 3, 4, 2, 0, 7);
  HandMade shared = images();
  shared.graph().nodes[2].arguments[1] = shared.graph().nodes[0].arguments[1];
  HandMade frozen = images();
  for (ModelTensor& tensor : frozen.model.tensors) tensor.trainable = false;
  HandMade largest;
  largest.conv(largest.input({kBatch, 3, 9, 9}), 3, 4, 9, 4, 9);
  for (const HandMade* m : {&even, &shared, &frozen, &largest})
    with_seeds(m->model, [](ChangedModel& changed, RandomStream& random) {
      EXPECT_FALSE(change_kernel(changed, random));
    });
}

// Three blocks of one shape in a row.
HandMade blocks() {
  HandMade m;
  ValueId x = m.linear(m.input({kBatch, 6}), 6, 8);
  for (int i = 0; i < 3; ++i) x = m.call("relu.default", m.linear(x, 8, 8));
  m.output(m.linear(x, 8, 10));
  return m;
}

TEST(Blocks, StandThereTwiceOrNotAtAll) {
  const HandMade m = blocks();
  std::set<std::size_t> lengths;
  with_seeds(m.model, [&](ChangedModel& changed, RandomStream& random) {
    ASSERT_TRUE(change_blocks(changed, random));
    const Model& model = changed.model;
    lengths.insert(model.train().graph.nodes.size());
    EXPECT_EQ(changed.origin.size(), model.tensors.size());
    for (std::size_t t = 0; t < model.tensors.size(); ++t)
      EXPECT_EQ(model.tensors[t].tensor.shape, m.model.tensors[changed.origin[t]].tensor.shape);
    // Each tensor is read once, each value is made before it is read.
    for (const std::size_t reads : reads_of_tensors(model)) EXPECT_EQ(reads, 1u);
    std::set<ValueId> made = {model.train().inputs[0].value};
    for (const Node& node : model.train().graph.nodes) {
      for (const NamedArgument& named : node.arguments)
        if (const auto* ref = named.argument.get<ValueRef>()) {
          EXPECT_TRUE(made.count(ref->id) || model.train().tensor_of_value[ref->id]);
        }
      made.insert(node.outputs[0].ids[0]);
    }
    EXPECT_TRUE(made.count(*model.train().graph.outputs[0]));
  });
  EXPECT_TRUE(lengths.count(8 - 2) || lengths.count(8 - 1));
  EXPECT_TRUE(lengths.count(8 + 2) || lengths.count(8 + 1));
}

TEST(Blocks, CopiesHaveNoNameOfTheUsers) {
  const HandMade m = blocks();
  with_seeds(m.model, [&](ChangedModel& changed, RandomStream& random) {
    change_blocks(changed, random);
    std::set<std::size_t> seen;
    for (std::size_t t = 0; t < changed.origin.size(); ++t)
      EXPECT_EQ(changed.model.tensors[t].user_names.empty(),
                !seen.insert(changed.origin[t]).second);
  });
}

TEST(Blocks, NoneWhereALaterLayerReadsInside) {
  HandMade m;
  const ValueId x = m.linear(m.input({kBatch, 6}), 6, 8);
  const ValueId y = m.linear(x, 8, 8);
  m.output(m.call("add.Tensor", {in("self", x), in("other", y)}, {kBatch, 8}));
  with_seeds(m.model, [](ChangedModel& changed, RandomStream& random) {
    EXPECT_FALSE(change_blocks(changed, random));
  });
}

TEST(Structures, AModelWithAProgramForEvalStays) {
  HandMade m = blocks();
  m.add_eval();
  const Secret seed = seed_of(1);
  RandomStream random(seed, "test");
  const ChangedModel changed = changed_structure(m.model, random);
  EXPECT_EQ(names_of(changed.model.train().graph), names_of(m.graph()));
}

TEST(Structures, DifferByCoins) {
  const HandMade m = blocks();
  std::set<std::vector<std::string>> found;
  for (std::uint8_t i = 1; i <= 20; ++i) {
    const Secret seed = seed_of(i);
    RandomStream random(seed, "test"), again(seed, "test");
    const auto one = names_of(changed_structure(m.model, random).model.train().graph);
    EXPECT_EQ(one, names_of(changed_structure(m.model, again).model.train().graph));
    found.insert(one);
  }
  EXPECT_GT(found.size(), 3u);
  EXPECT_EQ(found.count(names_of(m.model.train().graph)), 1u) << "unchanged is one of them";
}

}  // namespace
}  // namespace amalgam
