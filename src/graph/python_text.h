// Python source, laid out as ruff and black would: 88 columns, exploded where a line is too long.
// Nothing is escaped: what goes in must be Python already (identifiers, numbers, words that the
// reader has checked).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace amalgam {

// An expression that the layout may break at its commas.
struct PyExpr {
  enum class Kind { kAtom, kCall, kList };
  Kind kind = Kind::kAtom;
  std::string text;           // kAtom: the whole; kCall: what stands in front of "("
  std::vector<PyExpr> items;  // kCall: arguments; kList: elements
  std::string keyword;        // "stride" of stride=[1, 1]

  static PyExpr atom(std::string text) { return {Kind::kAtom, std::move(text), {}, {}}; }
  static PyExpr call(std::string callee, std::vector<PyExpr> arguments) {
    return {Kind::kCall, std::move(callee), std::move(arguments), {}};
  }
  static PyExpr list(std::vector<PyExpr> elements) {
    return {Kind::kList, {}, std::move(elements), {}};
  }
  PyExpr named(std::string name) && {
    keyword = std::move(name);
    return std::move(*this);
  }
  // On one line, with its keyword.
  std::string flat() const;
};

// Statements, one after another, at the depth that indent() and dedent() leave.
class PyWriter {
 public:
  // "left = right", or the expression alone when `left` is empty.
  void assign(std::string_view left, const PyExpr& right);
  // A line as it stands.
  void line(std::string_view text = {});
  // Each indent() is undone by one dedent().
  void indent() { depth_ += 4; }
  void dedent() { depth_ -= 4; }
  // All that was written so far, each line ended.
  const std::string& text() const { return text_; }

 private:
  void lay_out(const PyExpr& expression, std::string_view prefix, std::string_view suffix);

  std::string text_;
  std::size_t depth_ = 0;
};

// A float as Python reads it back exactly: "0.1", "1e-05", 'float("inf")'.
std::string py_float(double value);

}  // namespace amalgam
