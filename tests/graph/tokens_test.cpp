#include "graph/tokens.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hand_made.h"

namespace amalgam {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// A model of tokens [N, 5] over 7 numbers.
struct Tokens : HandMade {
  ValueId x = input({kBatch, 5}, DType::kInt64);
  ValueId table = parameter({7, 3}, "table");

  ValueId look_up(ValueId numbers, ValueId weight) {
    return call("embedding.default", {in("weight", weight), in("indices", numbers)},
                {kBatch, 5, 3});
  }
  std::vector<std::optional<TokenUse>> uses() { return find_token_uses(model, program()); }
};

TEST(TokenUses, AnEmbeddingAndNothingElse) {
  Tokens m;
  m.output(m.look_up(m.x, m.table));
  const auto uses = m.uses();
  ASSERT_TRUE(uses[0]);
  EXPECT_THAT(uses[0]->embeddings, ElementsAre(m.tensor_of(m.table)));
  EXPECT_EQ(uses[0]->vocabulary, 7u);
  EXPECT_TRUE(uses[0]->nothing_else);
  EXPECT_EQ(uses[0]->nodes.count(&m.graph().nodes[0]), 1u);
}

TEST(TokenUses, ThroughWhatCarriesThem) {
  for (const char* name :
       {"to.dtype", "view.default", "unsqueeze.default", "slice.Tensor", "clone.default",
        "contiguous.default", "select.int", "_to_copy.default", "detach.default"}) {
    Tokens m;
    m.output(m.look_up(m.call(name, m.x), m.table));
    ASSERT_TRUE(m.uses()[0]) << name;
    EXPECT_TRUE(m.uses()[0]->nothing_else) << name;
  }
}

TEST(TokenUses, NotThroughWhatComputes) {
  for (const char* name : {"neg.default", "roll.default", "cumsum.default", "hypot.default"}) {
    Tokens m;
    m.output(m.look_up(m.call(name, m.x), m.table));
    EXPECT_FALSE(m.uses()[0]) << name;
  }
}

TEST(TokenUses, TheFormMayBeRead) {
  for (const char* name : {"zeros_like.default", "new_ones.default", "sym_numel.default"}) {
    Tokens m;
    m.call(name, m.x);
    m.output(m.look_up(m.x, m.table));
    EXPECT_TRUE(m.uses()[0]->nothing_else) << name;
  }
}

TEST(TokenUses, WhatElseReadsTheNumbersCounts) {
  Tokens m;
  m.call("ne.Scalar", m.x, {number("other", 0)});
  m.output(m.look_up(m.x, m.table));
  EXPECT_FALSE(m.uses()[0]->nothing_else);
  Tokens out;
  out.look_up(out.x, out.table);
  out.output(out.x);
  EXPECT_FALSE(out.uses()[0]->nothing_else);
}

TEST(TokenUses, OfSeveralEmbeddingsTheSmallest) {
  Tokens m;
  const ValueId small = m.parameter({5, 3});
  m.look_up(m.x, m.table);
  m.look_up(m.x, m.table);
  m.output(m.look_up(m.x, small));
  EXPECT_THAT(m.uses()[0]->embeddings, ElementsAre(m.tensor_of(m.table), m.tensor_of(small)));
  EXPECT_EQ(m.uses()[0]->vocabulary, 5u);
}

TEST(TokenUses, OneForEachInput) {
  Tokens m;
  const ValueId mask = m.input({kBatch, 5});
  m.call("exp.default", mask);
  m.output(m.look_up(m.x, m.table));
  const auto uses = m.uses();
  EXPECT_TRUE(uses[0]);
  EXPECT_FALSE(uses[1]);
}

TEST(Vocabulary, IsTheEmbeddingsRows) {
  Tokens m;
  m.output(m.look_up(m.x, m.table));
  const Vocabulary found = find_vocabulary(m.model, {{0}});
  EXPECT_EQ(found.size, 7u);
  EXPECT_THAT(found.tensors, ElementsAre(m.tensor_of(m.table)));
  EXPECT_TRUE(found.exact);
  EXPECT_EQ(found.why_not, "");
}

// A language model with an output layer of its own, behind which something may stand.
Tokens language_model(const std::vector<std::string>& behind) {
  Tokens m;
  const ValueId h = m.look_up(m.x, m.table);
  ValueId out = m.linear(h, 3, 7);
  for (const std::string& name : behind) out = m.call(name, out);
  m.output(out);
  return m;
}

TEST(Vocabulary, GoesOnToTheOutputLayer) {
  for (const auto& behind : std::vector<std::vector<std::string>>{
           {}, {"to.dtype"}, {"contiguous.default", "clone.default", "alias.default"}}) {
    Tokens m = language_model(behind);
    const Vocabulary found = find_vocabulary(m.model, {{0}, true});
    EXPECT_THAT(found.tensors, ElementsAre(0, 1, 2));
    EXPECT_FALSE(found.exact);
  }
  Tokens m = language_model({"exp.default"});
  EXPECT_THAT(find_vocabulary(m.model, {{0}, true}).why_not, HasSubstr("no linear layer"));
}

std::string why_not(Tokens& m) { return find_vocabulary(m.model, {{0}}).why_not; }

TEST(Vocabulary, RefusesWhatItWouldChange) {
  Tokens none;
  none.output(none.call("exp.default", none.x));
  EXPECT_THAT(why_not(none), HasSubstr("no embedding"));

  Tokens more;
  more.call("ne.Scalar", more.x, {number("other", 0)});
  more.output(more.look_up(more.x, more.table));
  EXPECT_THAT(why_not(more), HasSubstr("more than embeddings"));

  Tokens sizes;
  sizes.look_up(sizes.x, sizes.table);
  sizes.output(sizes.look_up(sizes.x, sizes.parameter({5, 3})));
  EXPECT_THAT(why_not(sizes), HasSubstr("of 7 and of 5 rows"));

  Tokens tied;
  tied.call("exp.default", tied.table);
  tied.output(tied.look_up(tied.x, tied.table));
  EXPECT_THAT(why_not(tied), HasSubstr("something else"));

  Tokens frozen;
  frozen.output(frozen.look_up(frozen.x, frozen.buffer({7, 3})));
  EXPECT_THAT(why_not(frozen), HasSubstr("no parameter"));

  Tokens turned;
  turned.output(turned.look_up(turned.x, turned.table));
  turned.model.tensors[0].order = {1, 0};
  EXPECT_THAT(why_not(turned), HasSubstr("transposed in memory"));
}

TEST(Vocabulary, SparseGradientsAreNotExact) {
  Tokens m;
  m.output(m.look_up(m.x, m.table));
  m.graph().nodes[0].arguments.push_back(flag("sparse", true));
  EXPECT_FALSE(find_vocabulary(m.model, {{0}}).exact);
}

TEST(Vocabulary, PaddingIsNumberedAnew) {
  Tokens m;
  m.output(m.look_up(m.x, m.table));
  m.graph().nodes[0].arguments.push_back(number("padding_idx", 2));
  const ValueId other = m.parameter({7, 3});
  m.look_up(m.x, other);
  m.graph().nodes[1].arguments.push_back(number("padding_idx", 2));
  renumber_padding(m.model, {m.tensor_of(m.table)}, {6, 5, 4, 3, 2, 1, 0});
  EXPECT_EQ(*m.graph().nodes[0].find("padding_idx")->get<std::int64_t>(), 4);
  EXPECT_EQ(*m.graph().nodes[1].find("padding_idx")->get<std::int64_t>(), 2);
}

TEST(Vocabulary, NoPaddingStaysNone) {
  Tokens m;
  m.output(m.look_up(m.x, m.table));
  m.graph().nodes[0].arguments.push_back(number("padding_idx", -1));
  m.wrap(1, NodeKind::kSetGrad, true);
  renumber_padding(m.model, {m.tensor_of(m.table)}, {6, 5, 4, 3, 2, 1, 0});
  EXPECT_EQ(*m.graph().nodes[0].body->nodes[0].find("padding_idx")->get<std::int64_t>(), -1);
}

}  // namespace
}  // namespace amalgam
