#include <array>

#include "graph/operations.h"

namespace amalgam {
namespace {

std::optional<PyExpr> emit_negation(const Node& node, const EmitContext& context,
                                    std::string_view) {
  if (node.arguments.size() != 1) return std::nullopt;
  return PyExpr::atom("-" + context.expression(node.arguments[0].argument).flat());
}

constexpr std::array kTable = {
    Operation{"add.Tensor", emit_operator, "+", "", nullptr},
    Operation{"sub.Tensor", emit_operator, "-", "", nullptr},
    Operation{"mul.Tensor", emit_operator, "*", "", nullptr},
    Operation{"div.Tensor", emit_operator, "/", "", nullptr},
    Operation{"add.Scalar", emit_operator, "+", "", nullptr},
    Operation{"sub.Scalar", emit_operator, "-", "", nullptr},
    Operation{"mul.Scalar", emit_operator, "*", "", nullptr},
    Operation{"div.Scalar", emit_operator, "/", "", nullptr},
    Operation{"neg.default", emit_negation, "-", "", nullptr},
    Operation{"add_.Tensor", emit_method, "add_", "", nullptr},
    Operation{"sub_.Tensor", emit_method, "sub_", "", nullptr},
    Operation{"mul_.Tensor", emit_method, "mul_", "", nullptr},
    Operation{"div_.Tensor", emit_method, "div_", "", nullptr},
    Operation{"pow.Tensor_Scalar", emit_method, "pow", "", nullptr},
    Operation{"exp.default", emit_method, "exp", "", nullptr},
    Operation{"log.default", emit_method, "log", "", nullptr},
    Operation{"sqrt.default", emit_method, "sqrt", "", nullptr},
    Operation{"rsqrt.default", emit_method, "rsqrt", "", nullptr},
    Operation{"abs.default", emit_method, "abs", "", nullptr},
    Operation{"cos.default", emit_method, "cos", "", nullptr},
    Operation{"sin.default", emit_method, "sin", "", nullptr},
    Operation{"floor.default", emit_method, "floor", "", nullptr},
    Operation{"cumsum.default", emit_method, "cumsum", "", nullptr},
    Operation{"mean.default", emit_method, "mean", "", nullptr},
    Operation{"mean.dim", emit_method, "mean", "", nullptr},
    Operation{"sum.default", emit_method, "sum", "", nullptr},
    Operation{"sum.dim_IntList", emit_method, "sum", "", nullptr},
    Operation{"amax.default", emit_method, "amax", "", nullptr},
    Operation{"clamp.default", emit_method, "clamp", "", nullptr},
    Operation{"where.self", emit_function, "torch.where", "", nullptr},
    Operation{"where.ScalarOther", emit_function, "torch.where", "", nullptr},
    Operation{"masked_fill.Scalar", emit_method, "masked_fill", "", nullptr},
};

}  // namespace

std::span<const Operation> arithmetic_operations() { return kTable; }

}  // namespace amalgam
