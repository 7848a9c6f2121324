#include "graph/export_notes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "graph/reach.h"
#include "graph/switched_off.h"

namespace amalgam {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Argument value(ValueId id) { return {ValueRef{id}}; }

// A program written down by hand: parameters first, then nodes in order.
struct Written {
  Model model;

  Graph& graph() { return model.train().graph; }

  ValueId add_value(DType dtype = DType::kFloat32) {
    Value made;
    made.dtype = dtype;
    model.train().values.push_back(made);
    model.train().tensor_of_value.push_back(std::nullopt);
    return static_cast<ValueId>(model.train().values.size() - 1);
  }

  ValueId parameter(const std::string& name, bool trainable = true) {
    ModelTensor tensor;
    tensor.own_name = name;
    tensor.trainable = trainable;
    model.tensors.push_back(tensor);
    const ValueId id = add_value();
    model.train().tensor_of_value[id] = model.tensors.size() - 1;
    return id;
  }

  Node node(const std::string& name, std::vector<NamedArgument> arguments,
            std::vector<ValueId> outs) {
    Node made;
    made.space = "aten";
    made.op = name.substr(0, name.find('.'));
    made.overload = name.substr(made.op.size() + 1);
    made.arguments = std::move(arguments);
    for (const ValueId id : outs) made.outputs.push_back({false, {id}});
    return made;
  }

  ValueId call(const std::string& op, std::vector<ValueId> from, DType dtype = DType::kFloat32) {
    std::vector<NamedArgument> arguments;
    for (const ValueId id : from) arguments.push_back({"", value(id), false});
    const ValueId out = add_value(dtype);
    graph().nodes.push_back(node(op, std::move(arguments), {out}));
    return out;
  }

  void call_named(const std::string& op, std::vector<NamedArgument> arguments) {
    graph().nodes.push_back(node(op, std::move(arguments), {add_value()}));
  }

  // Puts the last node under no_grad, or under enable_grad.
  void wrap(bool enabled) {
    auto body = std::make_shared<Graph>();
    body->nodes.push_back(std::move(graph().nodes.back()));
    Node outer;
    outer.kind = NodeKind::kSetGrad;
    outer.arguments.push_back({"", {enabled}, false});
    outer.body = std::move(body);
    graph().nodes.back() = std::move(outer);
  }

  std::vector<std::size_t> unreached(ValueId loss) const {
    return unreached_parameters(model, std::vector<ValueId>{loss});
  }
};

TEST(Reach, GoesThroughOperationsAndLists) {
  Written w;
  const ValueId a = w.parameter("a"), b = w.parameter("b");
  const ValueId x = w.call("tanh.default", {a});
  Node cat = w.node("cat.default", {{"tensors", {ArgumentList{value(x), value(b)}}, false}},
                    {w.add_value()});
  const ValueId out = cat.outputs[0].ids[0];
  w.graph().nodes.push_back(std::move(cat));
  EXPECT_THAT(w.unreached(out), IsEmpty());
  EXPECT_THAT(w.unreached(x), ElementsAre(1));
}

TEST(Reach, EndsWhereNoGradientPasses) {
  for (const char* op :
       {"detach.default", "detach_copy.default", "zeros_like.default", "new_zeros.default"}) {
    Written w;
    const ValueId a = w.parameter("a");
    EXPECT_THAT(w.unreached(w.call(op, {a})), ElementsAre(0)) << op;
  }
  Written w;
  const ValueId a = w.parameter("a");
  const ValueId whole = w.call("to.dtype", {a}, DType::kInt64);
  EXPECT_THAT(w.unreached(w.call("to.dtype", {whole})), ElementsAre(0));
  EXPECT_THAT(w.unreached(w.call("to.dtype", {a})), IsEmpty());
}

TEST(Reach, OfASecondTensorOnlyTheForm) {
  Written w;
  const ValueId a = w.parameter("a"), b = w.parameter("b");
  EXPECT_THAT(w.unreached(w.call("view_as.default", {a, b})), ElementsAre(1));
}

TEST(Reach, EndsUnderNoGradButNotUnderEnableGrad) {
  for (const bool enabled : {false, true}) {
    Written w;
    const ValueId out = w.call("tanh.default", {w.parameter("a")});
    w.wrap(enabled);
    EXPECT_EQ(w.unreached(out).size(), enabled ? 0u : 1u);
  }
}

TEST(Reach, SeesWhatIsWrittenIntoAView) {
  Written w;
  const ValueId a = w.parameter("a");
  const ValueId memory = w.call("zeros.default", {});
  const ValueId part = w.call("select.int", {memory});
  w.call("copy_.default", {part, a});
  EXPECT_THAT(w.unreached(w.call("exp.default", {memory})), IsEmpty());
  // A copy of the memory would not see it.
  Written other;
  const ValueId b = other.parameter("b");
  const ValueId first = other.call("zeros.default", {});
  other.call("copy_.default", {other.call("exp.default", {first}), b});
  EXPECT_THAT(other.unreached(other.call("exp.default", {first})), ElementsAre(0));
}

TEST(Reach, WhatIsWrittenAfterTheUseIsNotPartOfIt) {
  Written w;
  const ValueId a = w.parameter("a");
  const ValueId memory = w.call("zeros.default", {});
  const ValueId out = w.call("exp.default", {memory});
  w.call("add_.Tensor", {memory, a});
  EXPECT_THAT(w.unreached(out), ElementsAre(0));
}

TEST(Reach, InPlaceUnderNoGradKeepsWhatWasThere) {
  Written w;
  const ValueId a = w.parameter("a"), b = w.parameter("b");
  const ValueId x = w.call("tanh.default", {a});
  const ValueId changed = w.call("mul_.Tensor", {x, b});
  w.wrap(false);
  EXPECT_THAT(w.unreached(changed), ElementsAre(1));
}

TEST(Reach, FrozenParametersAreNotAskedFor) {
  Written w;
  const ValueId a = w.parameter("a", false);
  EXPECT_THAT(w.unreached(w.call("detach.default", {a})), IsEmpty());
  w.model.tensors[0].unused = true;
  EXPECT_THAT(w.unreached(w.call("detach.default", {a})), ElementsAre(0));
}

TEST(ExportNotes, NameAFewOfManyParameters) {
  Written w;
  ValueId out = w.parameter("kept");
  for (const char* name : {"p0", "p1", "p2", "p3", "p4"}) w.parameter(name);
  const std::vector<ValueId> loss_of = {w.call("tanh.default", {out})};
  EXPECT_THAT(export_notes(w.model, loss_of),
              ElementsAre(HasSubstr("5 of 6 trainable parameters, which stay as they are: 'p0', "
                                    "'p1', 'p2' and 2 more")));
  EXPECT_FALSE(untrainable(w.model, loss_of));
  const std::vector<ValueId> cut = {w.call("detach.default", {out})};
  EXPECT_THAT(*untrainable(w.model, cut), HasSubstr("any of its 6 trainable parameters"));
}

TEST(SwitchedOff, ADropoutThatDropsNothingIsNone) {
  for (const double p : {0.0, 0.5})
    for (const bool train : {false, true}) {
      Written w;
      w.call_named("dropout.default", {{"input", value(w.parameter("a")), false},
                                       {"p", {p}, false},
                                       {"train", {train}, false}});
      EXPECT_EQ(switched_off(w.graph()).dropouts, p > 0 && !train ? 1u : 0u);
      w.wrap(true);
      EXPECT_EQ(switched_off(w.graph()).dropouts, p > 0 && !train ? 1u : 0u);
    }
}

TEST(SwitchedOff, ABatchNormWithoutStatisticsIsNone) {
  Written w;
  const ValueId x = w.parameter("a");
  w.call_named("batch_norm.default",
               {{"running_mean", {None{}}, false}, {"training", {false}, false}});
  EXPECT_FALSE(switched_off(w.graph()).any());
  w.call_named("batch_norm.default",
               {{"running_mean", value(x), false}, {"training", {false}, false}});
  w.call_named("batch_norm.default",
               {{"running_mean", value(x), false}, {"training", {true}, false}});
  EXPECT_EQ(switched_off(w.graph()).batch_norms, 1u);
}

TEST(SwitchedOff, StatisticsCountAsCopiedOnlyWhereSomethingReadsThem) {
  Written w;
  std::vector<ValueId> outs;
  for (int i = 0; i < 5; ++i) outs.push_back(w.add_value());
  w.graph().nodes.push_back(w.node("_native_batch_norm_legit_functional.default", {}, outs));
  w.call("relu.default", {outs[0]});
  EXPECT_FALSE(copies_statistics(w.model.train()));
  w.model.train().updates.push_back({0, outs[3]});
  EXPECT_TRUE(copies_statistics(w.model.train()));
}

}  // namespace
}  // namespace amalgam
