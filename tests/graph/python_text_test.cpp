#include "graph/python_text.h"

#include <gtest/gtest.h>

#include <limits>

namespace amalgam {
namespace {

PyExpr a(const char* text) { return PyExpr::atom(text); }

TEST(PythonText, BreaksLongCallsAsBlackDoes) {
  PyWriter out;
  std::vector<PyExpr> arguments(4, a("nineteen_characters"));
  out.assign("x", PyExpr::call("f", arguments));
  EXPECT_EQ(out.text(),
            "x = f(\n    nineteen_characters, nineteen_characters, nineteen_characters, "
            "nineteen_characters\n)\n");
}

TEST(PythonText, ListsGoOneElementALine) {
  PyWriter out;
  std::vector<PyExpr> items(5, a("twenty_characters_xx"));
  out.assign("x", PyExpr::call("torch.cat", {PyExpr::list(items), a("1").named("dim")}));
  EXPECT_EQ(out.text(),
            "x = torch.cat(\n    [\n        twenty_characters_xx,\n        twenty_characters_xx,\n"
            "        twenty_characters_xx,\n        twenty_characters_xx,\n        "
            "twenty_characters_xx,\n"
            "    ],\n    dim=1,\n)\n");
}

TEST(PythonText, FloatsReadBackExactly) {
  EXPECT_EQ(py_float(1), "1.0");
  EXPECT_EQ(py_float(1e-5), "1e-05");
  EXPECT_EQ(py_float(0.1), "0.1");
  EXPECT_EQ(py_float(-std::numeric_limits<double>::infinity()), "float(\"-inf\")");
}

}  // namespace
}  // namespace amalgam
