// Numbers: of a tensor's form, and what Python computes of them (a batch size is one).
#include <array>

#include "graph/operations/families.h"
#include "graph/operations/printing.h"

namespace amalgam {
namespace {

PyExpr bracketed(const Argument& argument, const EmitContext& context) {
  return PyExpr::atom("(" + context.expression(argument).flat() + ")");
}

std::optional<PyExpr> emit_between(const Node& node, const EmitContext& context,
                                   std::string_view callee) {
  if (node.arguments.size() != 2) return std::nullopt;
  return PyExpr::atom(bracketed(node.arguments[0].argument, context).text + " " +
                      std::string(callee) + " " +
                      bracketed(node.arguments[1].argument, context).text);
}

std::optional<PyExpr> emit_in_front(const Node& node, const EmitContext& context,
                                    std::string_view callee) {
  if (node.arguments.size() != 1) return std::nullopt;
  return PyExpr::atom(std::string(callee) + bracketed(node.arguments[0].argument, context).text);
}

using enum Trait;

constexpr Operation number(std::string_view name) { return operation(name).is(kNumber); }
constexpr Operation python(std::string_view name) { return number(name).is(kPython); }
constexpr Operation between(std::string_view name, std::string_view callee) {
  return python(name).prints({emit_between, callee});
}
constexpr Operation in_front(std::string_view name, std::string_view callee) {
  return python(name).prints({emit_in_front, callee});
}

constexpr std::array kRows = {
    number("sym_size.int").prints(method("size")).ties(gives_number).is(kFormAlone),
    number("sym_size.default").is(kFormAlone),
    number("sym_numel.default").is(kFormAlone),
    number("sym_stride.int"),
    number("sym_stride.default"),
    between("_operator.add", "+"),
    between("_operator.sub", "-"),
    between("_operator.mul", "*"),
    between("_operator.truediv", "/"),
    between("_operator.floordiv", "//"),
    between("_operator.mod", "%"),
    between("_operator.pow", "**"),
    between("_operator.eq", "=="),
    between("_operator.ne", "!="),
    between("_operator.lt", "<"),
    between("_operator.le", "<="),
    between("_operator.gt", ">"),
    between("_operator.ge", ">="),
    between("_operator.and_", "&"),
    between("_operator.or_", "|"),
    in_front("_operator.neg", "-"),
    in_front("_operator.pos", "+"),
    in_front("_operator.not_", "not "),
    python("math.ceil"),
    python("math.floor"),
    python("math.trunc"),
    python("math.sqrt"),
    python("torch.sym_int"),
    python("torch.sym_float"),
    python("torch.sym_max"),
    python("torch.sym_min"),
    python("torch.sym_not"),
    python("torch.sym_ite"),
    python("torch.sym_sum"),
};

}  // namespace

std::span<const Operation> number_operations() { return kRows; }

}  // namespace amalgam
