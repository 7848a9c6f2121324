#include "graph/python_text.h"

#include <fmt/format.h>

#include <cmath>

namespace amalgam {
namespace {
constexpr std::size_t kColumns = 88;

std::string join(const std::vector<PyExpr>& items) {
  std::string text;
  for (const PyExpr& item : items) text += (text.empty() ? "" : ", ") + item.flat();
  return text;
}
}  // namespace

std::string PyExpr::flat() const {
  const std::string front = keyword.empty() ? "" : keyword + "=";
  switch (kind) {
    case Kind::kAtom:
      return front + text;
    case Kind::kCall:
      return front + text + "(" + join(items) + ")";
    case Kind::kList:
      return front + "[" + join(items) + "]";
  }
  return {};
}

void PyWriter::line(std::string_view text) {
  if (!text.empty()) text_.append(depth_, ' ').append(text);
  text_ += '\n';
}

void PyWriter::assign(std::string_view left, const PyExpr& right) {
  lay_out(right, left.empty() ? "" : std::string(left) + " = ", "");
}

void PyWriter::lay_out(const PyExpr& expression, std::string_view prefix, std::string_view suffix) {
  const std::string flat = std::string(prefix) + expression.flat() + std::string(suffix);
  if (depth_ + flat.size() <= kColumns || expression.items.empty()) return line(flat);
  const bool call = expression.kind == PyExpr::Kind::kCall;
  const std::string front = expression.keyword.empty() ? "" : expression.keyword + "=";
  line(std::string(prefix) + front + expression.text + (call ? "(" : "["));
  indent();
  const std::string arguments = join(expression.items);
  // black keeps a call's arguments on one line if they fit; a list's elements never.
  if (call && depth_ + arguments.size() <= kColumns) {
    line(arguments);
  } else {
    for (const PyExpr& item : expression.items) lay_out(item, "", ",");
  }
  dedent();
  line((call ? ")" : "]") + std::string(suffix));
}

std::string py_float(double value) {
  if (std::isnan(value)) return "float(\"nan\")";
  if (std::isinf(value)) return value > 0 ? "float(\"inf\")" : "float(\"-inf\")";
  std::string text = fmt::format("{}", value);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

}  // namespace amalgam
