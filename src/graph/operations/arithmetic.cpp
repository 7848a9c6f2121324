#include <array>

#include "graph/operations/families.h"
#include "graph/operations/printing.h"

namespace amalgam {
namespace {

std::optional<PyExpr> emit_negation(const Node& node, const EmitContext& context,
                                    std::string_view callee) {
  if (node.arguments.size() != 1) return std::nullopt;
  return PyExpr::atom(std::string(callee) + context.expression(node.arguments[0].argument).flat());
}

using enum Trait;

// Of two tensors, of a tensor and a number, and of each tensor for itself.
constexpr Operation tensors(std::string_view name, Printing printing = {}) {
  return operation(name).prints(printing).ties(broadcasts);
}
constexpr Operation number(std::string_view name, std::string_view callee) {
  return operation(name).prints(infix(callee)).ties(keeps_sizes).in_images(Images::kPixels);
}
constexpr Operation each(std::string_view name, std::string_view callee) {
  return operation(name).prints(method(callee)).ties(keeps_sizes);
}
constexpr Operation of_pixels(std::string_view name) {
  return operation(name).in_images(Images::kPixels);
}

constexpr std::array kRows = {
    tensors("add.Tensor", infix("+")).in_images(Images::kPixels).is(kAdds),
    tensors("sub.Tensor", infix("-")).in_images(Images::kPixels),
    tensors("mul.Tensor", infix("*")).in_images(Images::kPixels).is(kScales),
    tensors("div.Tensor", infix("/")).in_images(Images::kPixels).is(kScales),
    number("add.Scalar", "+").is(kAdds),
    number("sub.Scalar", "-"),
    number("mul.Scalar", "*").is(kScales),
    number("div.Scalar", "/").is(kScales),
    tensors("add_.Tensor", method("add_")).in_images(Images::kPixels).is(kAdds),
    tensors("sub_.Tensor", method("sub_")),
    tensors("mul_.Tensor", method("mul_")).in_images(Images::kPixels).is(kScales),
    tensors("div_.Tensor", method("div_")).is(kScales),
    of_pixels("add_.Scalar").is(kAdds),
    of_pixels("mul_.Scalar").is(kScales),
    operation("div_.Scalar").is(kScales),
    of_pixels("div.Tensor_mode").is(kScales),
    of_pixels("div.Scalar_mode").is(kScales),
    operation("neg.default").prints({emit_negation, "-"}).ties(keeps_sizes),
    each("pow.Tensor_Scalar", "pow"),
    tensors("pow.Tensor_Tensor"),
    each("exp.default", "exp"),
    each("log.default", "log"),
    each("sqrt.default", "sqrt"),
    each("rsqrt.default", "rsqrt"),
    each("abs.default", "abs"),
    each("clamp.default", "clamp"),
    each("masked_fill.Scalar", "masked_fill"),
    operation("cos.default").prints(method("cos")),
    operation("sin.default").prints(method("sin")),
    operation("floor.default").prints(method("floor")),
    tensors("where.self", function("torch.where")),
    operation("where.ScalarOther").prints(function("torch.where")),
};

}  // namespace

std::span<const Operation> arithmetic_operations() { return kRows; }

}  // namespace amalgam
