#include <gtest/gtest.h>

#include "amalgam/error.h"
#include "graph/read_arguments.h"

namespace amalgam {
namespace {

Argument read(const char* text) {
  return read_argument(
      Json::parse(text),
      [](const std::string& name, const std::string& where) -> ValueId {
        if (name == "x") return 3;
        throw Error(ErrorCode::kDamaged, where, "unknown name");
      },
      "test");
}

TEST(Arguments, EveryKindOfTheSchema) {
  for (const char* text :
       {R"({"as_none":true})",
        R"({"as_tensor":{"name":"x"}})",
        R"({"as_tensors":[{"name":"x"}]})",
        R"({"as_int":-3})",
        R"({"as_ints":[1,2]})",
        R"({"as_float":0.5})",
        R"({"as_float":"-Infinity"})",
        R"({"as_floats":[1.0,"NaN"]})",
        R"({"as_string":"constant"})",
        R"({"as_strings":["a","b"]})",
        R"({"as_sym_int":{"as_name":"x"}})",
        R"({"as_sym_ints":[{"as_name":"x"},{"as_int":2}]})",
        R"({"as_scalar_type":7})",
        R"({"as_memory_format":1})",
        R"({"as_layout":7})",
        R"({"as_device":{"type":"cuda","index":1}})",
        R"({"as_bool":true})",
        R"({"as_bools":[true,false]})",
        R"({"as_sym_bool":{"as_bool":true}})",
        R"({"as_sym_bools":[{"as_name":"x"}]})",
        R"({"as_optional_tensors":[{"as_none":true},{"as_tensor":{"name":"x"}}]})",
        R"({"as_sym_float":{"as_float":0.5}})",
        R"({"as_sym_floats":[{"as_name":"x"},{"as_float":1.0}]})",
        R"({"as_optional_tensor":{"as_none":true}})",
        R"({"as_complex":{"real":1.0,"imag":0.0}})",
        R"({"as_nested_tensors":[[{"name":"x"}]]})",
        R"({"as_int_lists":[[1],[2,3]]})",
        R"({"as_float_lists":[[1.0]]})"})
    EXPECT_NO_THROW(read(text)) << text;
}

TEST(Arguments, RefusesByName) {
  for (const char* text :
       {R"({"as_custom_obj":{"name":"x","class_fqn":"y"}})", R"({"as_operator":"aten"})",
        R"({"as_string_to_argument":{}})", R"({"as_surprise":1})", R"({"as_int":1.5})",
        R"({"as_int":1,"as_float":2})", R"({"as_tensor":{"name":"y"}})", R"({"as_layout":1})",
        R"({"as_scalar_type":99})", R"({"as_string":"a\"); import os"})", R"({"as_string":"a\nb"})",
        R"({})", R"([])", R"({"as_int":18446744073709551615})"})
    EXPECT_THROW(read(text), Error) << text;
}

TEST(Arguments, OnlyIdentifiersBecomeCode) {
  for (const char* name : {"conv2d", "_to_copy", "add_", "x1"})
    EXPECT_TRUE(is_identifier(name)) << name;
  for (const char* name :
       {"", "1x", "a b", "a.b", "lambda", "None", "__class__", "a;b", "a\nb", "a(", "ä"})
    EXPECT_FALSE(is_identifier(name)) << name;
}

}  // namespace
}  // namespace amalgam
