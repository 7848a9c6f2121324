#include <array>

#include "graph/operations.h"

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

constexpr std::array kTable = {
    Operation{"arange.default", emit_creation, "torch.arange", "", nullptr},
    Operation{"arange.start", emit_creation, "torch.arange", "", nullptr},
    Operation{"zeros.default", emit_creation, "torch.zeros", "", nullptr},
    Operation{"ones.default", emit_creation, "torch.ones", "", nullptr},
    Operation{"full.default", emit_creation, "torch.full", "", nullptr},
    Operation{"rand.default", emit_creation, "torch.rand", "", nullptr},
    Operation{"zeros_like.default", emit_creation, "torch.zeros_like", "", nullptr},
    Operation{"ones_like.default", emit_creation, "torch.ones_like", "", nullptr},
    Operation{"full_like.default", emit_creation, "torch.full_like", "", nullptr},
    Operation{"new_zeros.default", emit_creation_method, "new_zeros", "", nullptr},
    Operation{"new_ones.default", emit_creation_method, "new_ones", "", nullptr},
};

}  // namespace

std::span<const Operation> creation_operations() { return kTable; }

}  // namespace amalgam
