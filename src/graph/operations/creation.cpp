#include <array>

#include "graph/arguments.h"
#include "graph/operations/families.h"
#include "graph/operations/printing.h"

namespace amalgam {
namespace {

// What says nothing: pin_memory=False and the strided layout.
bool is_idle(const NamedArgument& named) {
  if (named.argument.get<LayoutArgument>()) return true;
  const auto* flag = named.argument.get<bool>();
  return named.name == "pin_memory" && flag && !*flag;
}

// callee(sizes..., dtype=..., device=device); with `method`, the first argument's.
std::optional<PyExpr> creation(const Node& node, const EmitContext& context,
                               std::string_view callee, bool method) {
  std::vector<PyExpr> arguments;
  for (std::size_t i = method ? 1 : 0; i < node.arguments.size(); ++i) {
    const NamedArgument& named = node.arguments[i];
    if (is_idle(named)) continue;
    PyExpr value = context.expression(named.argument);
    arguments.push_back(named.keyword ? std::move(value).named(named.name) : std::move(value));
  }
  if (!method) return PyExpr::call(std::string(callee), std::move(arguments));
  if (node.arguments.empty() || !node.arguments[0].argument.get<ValueRef>()) return std::nullopt;
  const PyExpr self = context.expression(node.arguments[0].argument);
  return PyExpr::call(self.flat() + "." + std::string(callee), std::move(arguments));
}

std::optional<PyExpr> emit_creation(const Node& node, const EmitContext& context,
                                    std::string_view callee) {
  return creation(node, context, callee, false);
}

std::optional<PyExpr> emit_creation_method(const Node& node, const EmitContext& context,
                                           std::string_view callee) {
  return creation(node, context, callee, true);
}

// Sizes given as numbers: each may turn out to be a width, when something ties it to one.
bool factory(const Node& node, WidthContext& c) {
  const ArgumentList* asked = list_argument(node, "size");
  if (!asked) return false;
  Sizes out = c.recorded(node);
  if (asked->size() != out.size()) return false;
  for (std::size_t d = 0; d < out.size(); ++d)
    if (const auto* literal = (*asked)[d].get<std::int64_t>(); literal && *literal > 1) {
      out[d] = c.fresh(static_cast<std::uint64_t>(*literal));
      c.patch(node, "size", d, out[d]);
    }
  c.set(node, 0, std::move(out));
  return true;
}

using enum Trait;

constexpr Operation creates(std::string_view name, std::string_view callee) {
  return operation(name).prints({emit_creation, callee});
}
constexpr Operation creates_by_method(std::string_view name, std::string_view callee) {
  return operation(name).prints({emit_creation_method, callee}).is(kFormAlone);
}

constexpr std::array kRows = {
    creates("arange.default", "torch.arange"),
    creates("arange.start", "torch.arange"),
    creates("zeros.default", "torch.zeros").ties(factory),
    creates("ones.default", "torch.ones").ties(factory),
    creates("full.default", "torch.full"),
    creates("rand.default", "torch.rand"),
    creates("zeros_like.default", "torch.zeros_like").ties(keeps_sizes).is(kFormAlone),
    creates("ones_like.default", "torch.ones_like").ties(keeps_sizes).is(kFormAlone),
    creates("full_like.default", "torch.full_like").is(kFormAlone),
    creates_by_method("new_zeros.default", "new_zeros").ties(factory),
    creates_by_method("new_ones.default", "new_ones"),
    operation("new_full.default").is(kFormAlone),
    operation("new_empty.default").is(kFormAlone),
    operation("new_empty_strided.default").is(kFormAlone),
    operation("empty_like.default").is(kFormAlone),
    operation("rand_like.default").is(kFormAlone),
    operation("rand_like.generator").is(kFormAlone),
    operation("randn_like.default").is(kFormAlone),
    operation("randn_like.generator").is(kFormAlone),
    operation("randint_like.default").is(kFormAlone),
    operation("randint_like.low_dtype").is(kFormAlone),
};

}  // namespace

std::span<const Operation> creation_operations() { return kRows; }

}  // namespace amalgam
