#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "amalgam/error.h"
#include "graph/print.h"
#include "hand_made.h"

namespace amalgam {
namespace {

using testing::HasSubstr;
using testing::Not;

// Tensors are t0, t1, ... in the method.
std::vector<std::string> tensor_names(const HandMade& m) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < m.model.tensors.size(); ++i) names.push_back("t" + std::to_string(i));
  return names;
}

std::string printed(HandMade& m, bool switch_modes = false) {
  PyWriter out;
  print_program(m.program(), tensor_names(m), switch_modes, {}, out);
  return out.text();
}

// The line of a program of one operation on an input of [N, 4, 6, 6]; the operation's first
// argument is x.
std::string line_of(const std::string& name, std::vector<NamedArgument> more,
                    const char* first = "self", bool switch_modes = false) {
  HandMade m;
  const ValueId x = m.input({kBatch, 4, 6, 6});
  more.insert(more.begin(), in(first, x));
  m.output(m.call(name, std::move(more), {kBatch, 4, 6, 6}));
  const std::string text = printed(m, switch_modes);
  EXPECT_THAT(text, testing::EndsWith("\nreturn x\n"));
  return text.substr(0, text.size() - std::string("\nreturn x\n").size());
}

TEST(Printing, FunctionsNameAllButTheirLeadingTensors) {
  EXPECT_EQ(line_of("relu.default", {}), "x = F.relu(x)");
  EXPECT_EQ(line_of("leaky_relu.default", {real("negative_slope", 0.2)}),
            "x = F.leaky_relu(x, negative_slope=0.2)");
  EXPECT_EQ(line_of("max_pool2d.default", {numbers("kernel_size", {3, 3}), numbers("stride", {}),
                                           numbers("padding", {1, 1})}),
            "x = F.max_pool2d(x, kernel_size=[3, 3], padding=[1, 1])");
}

TEST(Printing, InPlaceFunctionsSaySo) {
  EXPECT_EQ(line_of("relu_.default", {}), "x = F.relu(x, inplace=True)");
  EXPECT_EQ(line_of("hardtanh_.default", {real("min_val", 0), real("max_val", 6)}),
            "x = F.hardtanh(x, min_val=0.0, max_val=6.0, inplace=True)");
}

TEST(Printing, MethodsAndOperators) {
  EXPECT_EQ(line_of("exp.default", {}), "x = x.exp()");
  EXPECT_EQ(line_of("view.default", {numbers("size", {-1, 144})}), "x = x.view(-1, 144)");
  EXPECT_EQ(line_of("clamp.default", {none("min"), real("max", 0.5)}), "x = x.clamp(None, 0.5)");
  EXPECT_EQ(line_of("pow.Tensor_Scalar", {number("exponent", 2)}), "x = x.pow(2)");
  EXPECT_EQ(line_of("add.Tensor", {number("other", 2)}), "x = x + 2");
  EXPECT_EQ(line_of("neg.default", {}), "x = -x");
  EXPECT_EQ(line_of("mean.dim", {numbers("dim", {2, 3}), keyword(flag("keepdim", true))}),
            "x = x.mean([2, 3], keepdim=True)");
}

TEST(Printing, WhatARuleDoesNotCoverPassesThrough) {
  EXPECT_EQ(line_of("add.Tensor", {number("other", 2), keyword(number("alpha", 3))}),
            "x = torch.ops.aten.add.Tensor(x, 2, alpha=3)");
  EXPECT_EQ(line_of("view.default", {numbers("size", {})}),
            "x = torch.ops.aten.view.default(x, [])");
  EXPECT_EQ(line_of("to.dtype", {dtype("dtype", DType::kFloat64), flag("non_blocking", true)}),
            "x = torch.ops.aten.to.dtype(x, torch.float64, True)");
}

TEST(Printing, WhatHasNoRowPassesThrough) {
  EXPECT_EQ(line_of("erfinv.default", {}), "x = torch.ops.aten.erfinv.default(x)");
  EXPECT_EQ(line_of("erfinv.default", {keyword(real("eps", 0.5))}),
            "x = torch.ops.aten.erfinv.default(x, eps=0.5)");
}

TEST(Printing, Slices) {
  const auto slice = [](std::int64_t dim, std::int64_t start, std::int64_t end, std::int64_t step) {
    return line_of("slice.Tensor", {number("dim", dim), number("start", start), number("end", end),
                                    number("step", step)});
  };
  EXPECT_EQ(slice(1, 0, INT64_MAX, 1), "x = x[:, :]");
  EXPECT_EQ(slice(0, 1, INT64_MAX, 1), "x = x[1:]");
  EXPECT_EQ(slice(2, 1, 5, 2), "x = x[:, :, 1:5:2]");
  EXPECT_EQ(slice(1, -2, -1, 1), "x = x[:, -2:-1]");
  EXPECT_THAT(slice(-1, 0, 2, 1), HasSubstr("torch.ops.aten.slice.Tensor"));
}

TEST(Printing, Casts) {
  EXPECT_EQ(line_of("to.dtype", {dtype("dtype", DType::kFloat64)}), "x = x.to(torch.float64)");
  EXPECT_EQ(line_of("to.device", {{"device", {DeviceArgument{}}, false}}),
            "device = x.device\nx = torch.ops.aten.to.device(x, device)");
}

TEST(Printing, CreationLeavesOutWhatSaysNothing) {
  HandMade m;
  const ValueId x = m.input({kBatch, 3});
  const ValueId made =
      m.call("zeros.default",
             {numbers("size", {3}), keyword(dtype("dtype", DType::kFloat32)),
              keyword({"layout", {LayoutArgument{}}, false}),
              keyword({"device", {DeviceArgument{}}, false}), keyword(flag("pin_memory", false))},
             {3});
  m.output(m.call("add.Tensor", {in("self", x), in("other", made)}, {kBatch, 3}));
  EXPECT_EQ(printed(m),
            "device = x.device\ny = torch.zeros([3], dtype=torch.float32, device=device)\n"
            "x = x + y\nreturn x\n");
  EXPECT_EQ(line_of("new_ones.default", {numbers("size", {3}), keyword(flag("pin_memory", false))}),
            "x = x.new_ones([3])");
}

TEST(Printing, AnEmbeddingTakesItsTableSecond) {
  HandMade m;
  const ValueId tokens = m.input({kBatch, 5}, DType::kInt64);
  const ValueId table = m.parameter({7, 3});
  m.output(m.call("embedding.default",
                  {in("weight", table), in("indices", tokens), number("padding_idx", -1)},
                  {kBatch, 5, 3}));
  EXPECT_EQ(printed(m), "x = F.embedding(x, self.t0)\nreturn x\n");
  m.graph().nodes[0].arguments[2].argument.value = std::int64_t{2};
  EXPECT_EQ(printed(m), "x = F.embedding(x, self.t0, padding_idx=2)\nreturn x\n");
}

// A batch norm with or without running statistics, that trains.
std::string norm_line(bool statistics, bool switch_modes) {
  HandMade m;
  const ValueId x = m.input({kBatch, 3, 4, 4});
  const ValueId mean = m.buffer({3}), variance = m.buffer({3});
  std::vector<NamedArgument> arguments = {in("input", x), none("weight"), none("bias")};
  arguments.push_back(statistics ? in("running_mean", mean) : none("running_mean"));
  arguments.push_back(statistics ? in("running_var", variance) : none("running_var"));
  for (NamedArgument& more : std::vector<NamedArgument>{
           flag("training", true), real("momentum", 0.1), real("eps", 1e-5), flag("cudnn", true)})
    arguments.push_back(more);
  m.output(m.call("batch_norm.default", std::move(arguments), {kBatch, 3, 4, 4}));
  return printed(m, switch_modes);
}

TEST(Printing, ABatchNormInItsOwnOrderFollowsTheMode) {
  EXPECT_EQ(norm_line(true, false),
            "x = F.batch_norm(\n    x, self.t0, self.t1, weight=None, bias=None, training=True, "
            "momentum=0.1, eps=1e-05\n)\nreturn x\n");
  EXPECT_THAT(norm_line(true, true), HasSubstr("training=self.training"));
}

TEST(Printing, ANormWithoutStatisticsDoesTheSameInBothModes) {
  EXPECT_THAT(norm_line(false, true), HasSubstr("training=True"));
  EXPECT_THAT(line_of("instance_norm.default",
                      {none("running_mean"), none("running_var"), flag("use_input_stats", true)},
                      "input", true),
              HasSubstr("(x, None, None, True)"));
}

TEST(Printing, DropoutFollowsTheMode) {
  const std::vector<NamedArgument> drop = {real("p", 0.5), flag("train", true)};
  EXPECT_EQ(line_of("dropout.default", drop, "input", true),
            "x = F.dropout(x, p=0.5, training=self.training)");
  EXPECT_EQ(line_of("dropout.default", drop, "input", false),
            "x = F.dropout(x, p=0.5, training=True)");
  EXPECT_EQ(line_of("dropout.default", {real("p", 0.5), flag("train", false)}, "input", true),
            "x = F.dropout(x, p=0.5, training=False)");
  EXPECT_EQ(
      line_of("scaled_dot_product_attention.default", {real("dropout_p", 0.25)}, "query", true),
      "x = F.scaled_dot_product_attention(x, dropout_p=0.25 if self.training else 0.0)");
}

TEST(Printing, NumbersOfPython) {
  HandMade m;
  const ValueId x = m.input({kBatch, 6});
  const ValueId n = m.call_number("sym_size.int", {in("self", x), number("dim", 0)});
  const ValueId twice = m.call_number("_operator.mul", {in("a", n), number("b", 2)});
  const ValueId less = m.call_number("_operator.neg", {in("a", twice)});
  const ValueId up = m.call_number("math.ceil", {in("a", less)});
  m.node("view.default",
         {in("self", x), {"size", {ArgumentList{{ValueRef{up}}, {std::int64_t{3}}}}, false}})
      .outputs = {{false, {m.value({kBatch, 3})}}};
  m.output(m.graph().nodes.back().outputs[0].ids[0]);
  PyWriter out;
  EXPECT_TRUE(print_program(m.program(), {}, false, {}, out).uses_math);
  EXPECT_EQ(
      out.text(),
      "y = x.size(0)\ny = (y) * (2)\ny = -(y)\ny = math.ceil(y)\nx = x.view(y, 3)\nreturn x\n");
}

TEST(Printing, NamesAreUsedAgainWhenTheirValuesDie) {
  HandMade m;
  const ValueId x = m.input({kBatch, 6});
  const ValueId a = m.call("exp.default", x), b = m.call("exp.default", a);
  const ValueId c = m.call("add.Tensor", {in("self", a), in("other", b)}, {kBatch, 6});
  m.output(c);
  EXPECT_EQ(printed(m), "x = x.exp()\ny = x.exp()\nx = x + y\nreturn x\n");
}

TEST(Printing, WhatNothingReadsHasNoName) {
  HandMade m;
  const ValueId x = m.input({kBatch, 6});
  m.call("exp.default", x);
  const auto parts =
      m.call_many("split.Tensor", {in("self", x), number("split_size", 3), number("dim", 1)},
                  {{kBatch, 3}, {kBatch, 3}});
  m.output(parts[1]);
  EXPECT_EQ(printed(m), "x.exp()\n_, x = x.split(3, 1)\nreturn x\n");
}

TEST(Printing, LongListsOfPartsAreTakenOneByOne) {
  HandMade m;
  const ValueId x = m.input({kBatch, 40});
  const auto parts =
      m.call_many("split.Tensor", {in("self", x), number("split_size", 2), number("dim", 1)},
                  std::vector<Dims>(20, Dims{kBatch, 2}));
  m.output(m.call("cat.default", {in("tensors", parts), number("dim", 1)}, {kBatch, 40}));
  const std::string text = printed(m);
  EXPECT_THAT(text, HasSubstr("parts = x.split(2, 1)"));
  EXPECT_THAT(text, HasSubstr("parts[0]"));
}

TEST(Printing, OneOfAList) {
  HandMade m;
  const ValueId x = m.input({kBatch, 4});
  const auto parts = m.call_many(
      "chunk.default", {in("self", x), number("chunks", 1), number("dim", 1)}, {{kBatch, 4}});
  m.output(parts[0]);
  EXPECT_EQ(printed(m), "(x,) = x.chunk(1, 1)\nreturn x\n");
}

TEST(Printing, BlocksOfNoGradAndAutocast) {
  HandMade m;
  const ValueId x = m.input({kBatch, 4});
  const ValueId y = m.call("exp.default", x);
  m.wrap(1, NodeKind::kSetGrad);
  const ValueId z = m.call("exp.default", y);
  m.wrap(1, NodeKind::kSetGrad, true);
  const ValueId w = m.call("exp.default", z);
  m.wrap(1, NodeKind::kAutocast);
  m.output(w);
  EXPECT_EQ(printed(m),
            "device = x.device\nwith torch.no_grad():\n    x = x.exp()\n"
            "with torch.enable_grad():\n    x = x.exp()\n"
            "with torch.autocast(device.type, torch.bfloat16, True, None):\n    x = x.exp()\n"
            "return x\n");
}

TEST(Printing, ACounterCountsInTraining) {
  HandMade m;
  const ValueId x = m.input({kBatch, 4});
  const ValueId counter = m.buffer({}, DType::kInt64);
  m.call("add_.Tensor", {in("self", counter), number("other", 1)}, {}, DType::kInt64);
  m.output(m.call("exp.default", x));
  EXPECT_EQ(printed(m, true), "if self.training:\n    self.t0.add_(1)\nx = x.exp()\nreturn x\n");
  EXPECT_EQ(printed(m, false), "self.t0.add_(1)\nx = x.exp()\nreturn x\n");
}

TEST(Printing, NewValuesOfBuffersAreCopied) {
  HandMade m;
  const ValueId x = m.input({kBatch, 4});
  const ValueId counter = m.buffer({}, DType::kInt64);
  const ValueId next =
      m.call("add.Tensor", {in("self", counter), number("other", 1)}, {}, DType::kInt64);
  m.program().updates.push_back({m.tensor_of(counter), next});
  m.output(m.call("exp.default", x));
  EXPECT_THAT(printed(m, true), HasSubstr("if self.training:\n    self.t0.copy_("));
  EXPECT_THAT(printed(m, false), HasSubstr("self.t0.copy_("));
}

TEST(Printing, LinksAreSentDetachedAndReceivedFirst) {
  HandMade m;
  const ValueId x = m.input({kBatch, 4});
  const ValueId received = m.value({kBatch, 4});
  m.program().received = {received};
  const ValueId y = m.call("add.Tensor", {in("self", x), in("other", received)}, {kBatch, 4});
  m.program().sent = {y};
  m.output(m.call("exp.default", y));
  PyWriter out;
  print_program(m.program(), {}, false, {"links[0]"}, out);
  EXPECT_EQ(out.text(),
            "y = links[0]\nx = x + y\nself.sent0 = x.detach()\nx = x.exp()\nreturn x\n");
  EXPECT_EQ(sent_name(3), "sent3");
}

TEST(Printing, InputsHaveNamesInOrder) {
  HandMade m;
  for (int i = 0; i < 4; ++i) m.input({kBatch, 4});
  EXPECT_THAT(input_names(m.program()), testing::ElementsAre("x", "y", "z", "v3"));
}

TEST(Printing, AValueThatNothingComputesIsRefused) {
  HandMade m;
  m.input({kBatch, 4});
  m.output(m.call("exp.default", m.value({kBatch, 4})));
  EXPECT_THROW(printed(m), Error);
}

}  // namespace
}  // namespace amalgam
