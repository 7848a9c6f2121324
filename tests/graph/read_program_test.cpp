#include "graph/read_program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "amalgam/error.h"

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
  try {
    read_program(program, "test");
  } catch (const Error& error) {
    return error.what();
  }
  return "read";
}

TEST(ReadProgram, AnOutOverloadNeedsItsOut) {
  for (const char* target : {"relu.out", "add.Scalar_out", "div.out_mode", "pow.Tensor_Scalar_out",
                             "normal.Tensor_float_out"}) {
    EXPECT_THAT(refusal(calling(target)), HasSubstr("writes its result into 'out'")) << target;
    EXPECT_EQ(refusal(calling(target, kInto)), "read") << target;
  }
}

TEST(ReadProgram, OtherOverloadsNeedNone) {
  for (const char* target : {"relu.default", "to.dtype_layout", "convolution_backward.default"})
    EXPECT_EQ(refusal(calling(target)), "read") << target;
}

}  // namespace
}  // namespace amalgam
