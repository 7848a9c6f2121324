// The same values: copied, cast, cut from their gradients.
#include <array>

#include "graph/operations/families.h"
#include "graph/operations/printing.h"

namespace amalgam {
namespace {

// x.to(dtype) covers one argument; layouts and devices pass through.
std::optional<PyExpr> emit_cast(const Node& node, const EmitContext& context,
                                std::string_view callee) {
  if (node.arguments.size() != 2 || !node.arguments[1].argument.get<DTypeArgument>())
    return std::nullopt;
  return emit_method(node, context, callee);
}

using enum Trait;

constexpr Operation copy(std::string_view name) {
  return operation(name).is(kCarries | kColumnwise);
}
constexpr Operation same(std::string_view name) {
  return copy(name).ties(keeps_sizes).in_images(Images::kPixels);
}
constexpr Operation cast(std::string_view name) {
  return copy(name).in_images(Images::kPixels).is(kMayAlias | kCasts);
}

constexpr std::array kRows = {
    same("contiguous.default").prints(method("contiguous")).is(kView),
    same("alias.default").is(kView),
    same("detach.default").prints(method("detach")).is(kView | kDetaches),
    same("clone.default").prints(method("clone")),
    operation("detach_.default").ties(keeps_sizes).is(kDetaches),
    operation("detach_copy.default").is(kDetaches),
    operation("lift_fresh_copy.default").ties(keeps_sizes),
    cast("to.dtype").prints({emit_cast, "to"}).ties(keeps_sizes),
    cast("to.dtype_layout").ties(keeps_sizes),
    cast("to.device").ties(keeps_sizes),
    cast("to.other"),
    cast("to.prim_Device"),
    cast("to.prim_dtype"),
    cast("to.prim_other"),
    copy("_to_copy.default").is(kCasts),
    operation("type_as.default").prints(method("type_as")).is(kMayAlias | kFirstAlone),
    operation("real.default").is(kMayAlias),
    operation("resolve_conj.default").is(kMayAlias),
};

}  // namespace

std::span<const Operation> copy_operations() { return kRows; }

}  // namespace amalgam
