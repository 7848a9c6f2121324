#include "graph/read_program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "amalgam/model.h"
#include "refusals.h"

namespace amalgam {
namespace {

using testing::HasSubstr;

// A program of one node that takes x [s0, 3] and gives y [s0, 3].
Json program_of(const std::string& node) {
  return Json::parse(R"json({
    "graph_module": {
      "graph": {
        "inputs": [{"as_tensor": {"name": "x"}}],
        "outputs": [{"as_tensor": {"name": "y"}}],
        "nodes": [)json" +
                     node + R"json(],
        "tensor_values": {
          "x": {"dtype": 7, "sizes": [{"as_expr": {"expr_str": "s0", "hint": {"as_int": 2}}},
                                      {"as_int": 3}]},
          "y": {"dtype": 7, "sizes": [{"as_expr": {"expr_str": "s0", "hint": {"as_int": 2}}},
                                      {"as_int": 3}]}}},
      "signature": {
        "input_specs": [{"user_input": {"arg": {"as_tensor": {"name": "x"}}}}],
        "output_specs": [{"user_output": {"arg": {"as_tensor": {"name": "y"}}}}]}},
    "range_constraints": {"s0": {"min_val": 2, "max_val": 64}}})json");
}

// The same with an operation that takes x and more.
Json calling(const std::string& target, const std::string& more = "") {
  return program_of(R"json({"target": "torch.ops.aten.)json" + target +
                    R"json(", "inputs": [{"name": "self", "arg": {"as_tensor": {"name": "x"}},
                       "kind": 1})json" +
                    more + R"json(], "outputs": [{"as_tensor": {"name": "y"}}]})json");
}

constexpr const char* kInto =
    R"json(, {"name": "out", "arg": {"as_tensor": {"name": "x"}}, "kind": 2})json";

std::string refusal(const Json& program) {
  return refusal_of([&] { read_program(program, "test"); });
}

TEST(ReadProgram, AnOutOverloadNeedsItsOut) {
  for (const char* target : {"relu.out", "add.Scalar_out", "div.out_mode", "pow.Tensor_Scalar_out",
                             "normal.Tensor_float_out"}) {
    EXPECT_THAT(refusal(calling(target)), HasSubstr("writes its result into 'out'")) << target;
    EXPECT_EQ(refusal(calling(target, kInto)), "") << target;
  }
}

TEST(ReadProgram, OtherOverloadsNeedNone) {
  for (const char* target : {"relu.default", "to.dtype_layout", "convolution_backward.default"})
    EXPECT_EQ(refusal(calling(target)), "") << target;
}

constexpr const char* kEnds = R"json("outputs": [{"as_tensor": {"name": "y"}}]})json";

// A node of one input x, as JSON, that gives `name`.
std::string unary(const std::string& target, const std::string& from, const std::string& name) {
  return R"json({"target": ")json" + target +
         R"json(", "inputs": [{"name": "self", "arg": {"as_tensor": {"name": ")json" + from +
         R"json("}}, "kind": 1}], "outputs": [{"as_tensor": {"name": ")json" + name +
         R"json("}}]})json";
}

TEST(ReadProgram, NodesAndTheirArguments) {
  const ParsedProgram parsed = read_program(
      calling("leaky_relu.default",
              R"json(, {"name": "negative_slope", "arg": {"as_float": 0.5}, "kind": 2})json"),
      "test");
  const Program& program = parsed.program;
  ASSERT_EQ(program.graph.nodes.size(), 1u);
  const Node& node = program.graph.nodes[0];
  EXPECT_EQ(node.name(), "leaky_relu.default");
  EXPECT_EQ(node.space, "aten");
  EXPECT_EQ(*node.find("negative_slope")->get<double>(), 0.5);
  EXPECT_TRUE(node.arguments[1].keyword);
  EXPECT_EQ(program.inputs[0].name, "x");
  EXPECT_EQ(program.least_batch, 2u);
  EXPECT_EQ(program.most_batch, 64u);
  EXPECT_TRUE(program.values[program.inputs[0].value].shape[0].symbolic);
  EXPECT_EQ(program.graph.outputs[0], node.outputs[0].ids[0]);
}

TEST(ReadProgram, ChecksOfTheExportAreDropped) {
  for (const char* check : {"_assert_async.msg", "_assert_tensor_metadata.default",
                            "sym_constrain_range_for_size.default"}) {
    const std::string first = R"json({"target": "torch.ops.aten.)json" + std::string(check) +
                              R"json(", "inputs": [], "outputs": []}, )json";
    const auto parsed =
        read_program(program_of(first + unary("torch.ops.aten.relu.default", "x", "y")), "test");
    EXPECT_EQ(parsed.program.graph.nodes.size(), 1u) << check;
  }
}

TEST(ReadProgram, NumbersThatNothingUsesAreDropped) {
  const std::string size = R"json({"target": "torch.ops.aten.sym_size.int", "inputs": [
      {"name": "self", "arg": {"as_tensor": {"name": "x"}}, "kind": 1},
      {"name": "dim", "arg": {"as_int": 0}, "kind": 1}],
      "outputs": [{"as_sym_int": {"as_name": "n"}}]}, )json";
  const std::string twice = R"json({"target": "_operator.mul", "inputs": [
      {"name": "a", "arg": {"as_sym_int": {"as_name": "n"}}, "kind": 1},
      {"name": "b", "arg": {"as_int": 2}, "kind": 1}],
      "outputs": [{"as_sym_int": {"as_name": "m"}}]}, )json";
  const std::string relu = unary("torch.ops.aten.relu.default", "x", "y");
  EXPECT_EQ(read_program(program_of(size + twice + relu), "test").program.graph.nodes.size(), 1u);
  const std::string view = R"json({"target": "torch.ops.aten.view.default", "inputs": [
      {"name": "self", "arg": {"as_tensor": {"name": "x"}}, "kind": 1},
      {"name": "size", "arg": {"as_sym_ints": [{"as_name": "n"}, {"as_int": 3}]}, "kind": 1}], )json";
  const auto used = read_program(program_of(size + twice + view + kEnds), "test");
  ASSERT_EQ(used.program.graph.nodes.size(), 2u);
  EXPECT_EQ(used.program.graph.nodes[0].name(), "sym_size.int");
}

TEST(ReadProgram, FunctionsOfPythonAreOnlyThoseOfTheTable) {
  const auto python = [](const std::string& target) {
    return program_of(
        R"json({"target": ")json" + target +
        R"json(", "inputs": [], "outputs": [{"as_sym_int": {"as_name": "n"}}]}, )json" +
        unary("torch.ops.aten.relu.default", "x", "y"));
  };
  for (const char* target : {"_operator.add", "_operator.not_", "math.trunc", "torch.sym_max"})
    EXPECT_EQ(refusal(python(target)), "") << target;
  for (const char* target : {"_operator.setitem", "math.log", "torch.load", "os.system",
                             "relu.default", "sym_size.int", "_operator.", "_operator"})
    EXPECT_THAT(refusal(python(target)), HasSubstr("only PyTorch's own operations")) << target;
}

TEST(ReadProgram, OperationsAreOnlyThoseWithoutEffects) {
  for (const char* target : {"__and__.Tensor", "erfinv.default", "_to_copy.default"})
    EXPECT_EQ(refusal(calling(target)), "") << target;
  for (const char* target : {"save.default", "__contains__.default", "set_.source_Tensor"})
    EXPECT_NE(refusal(calling(target)), "") << target;
}

TEST(ReadProgram, AllThatIsUnsupportedIsNamedAtOnce) {
  const std::string nodes = unary("torch.ops.mine.one.default", "x", "a") + ", " +
                            unary("torch.ops.mine.two.default", "x", "y");
  EXPECT_THAT(refusal(program_of(nodes)),
              testing::AllOf(HasSubstr("mine.one"), HasSubstr("mine.two")));
}

TEST(ReadProgram, AValueIsDefinedOnceAndBeforeItsUse) {
  const std::string relu = "torch.ops.aten.relu.default";
  EXPECT_THAT(refusal(program_of(unary(relu, "nowhere", "y"))),
              HasSubstr("before anything defines"));
  EXPECT_THAT(refusal(program_of(unary(relu, "x", "y") + ", " + unary(relu, "x", "y"))),
              HasSubstr("twice"));
}

TEST(ReadProgram, AFixedBatchIsRefusedWithItsCure) {
  Json program = calling("relu.default");
  program["graph_module"]["graph"]["tensor_values"]["x"]["sizes"][0] =
      Json::parse(R"({"as_int": 2})");
  EXPECT_THAT(refusal(program),
              testing::AllOf(HasSubstr("fixed batch size"), HasSubstr("DYNAMIC")));
}

Program with_outputs(const std::vector<std::string>& names) {
  Program program;
  for (std::size_t i = 0; i < names.size(); ++i) {
    program.graph.outputs.push_back(static_cast<ValueId>(i));
    program.output_names.push_back(names[i]);
  }
  return program;
}

TEST(FindOutput, ByNameByNumberOrAsTheOnlyOne) {
  EXPECT_EQ(find_output(with_outputs({""}), "", "m"), 0u);
  const Program two = with_outputs({"loss", "logits"});
  EXPECT_EQ(find_output(two, "", "m"), 1u);
  EXPECT_EQ(find_output(two, "loss", "m"), 0u);
  EXPECT_EQ(find_output(two, "0", "m"), 0u);
  EXPECT_THROW(find_output(two, "other", "m"), Error);
  EXPECT_THROW(find_output(with_outputs({}), "", "m"), Error);
  Program none = with_outputs({"a", "b"});
  none.graph.outputs[0] = std::nullopt;
  EXPECT_EQ(find_output(none, "", "m"), 1u) << "what is no tensor is no output";
}

TEST(SampleShape, IsBehindTheBatch) {
  Value value;
  value.shape = {{4, true, "s0"}, {3, false, ""}, {5, false, ""}};
  EXPECT_THAT(sample_shape(value, "m"), testing::ElementsAre(3, 5));
  value.shape[0].symbolic = false;
  EXPECT_THROW(sample_shape(value, "m"), Error);
}

}  // namespace
}  // namespace amalgam
