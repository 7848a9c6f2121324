#include "graph/operations/printing.h"

namespace amalgam {
namespace {

bool is_tensor_like(const Argument& argument) { return argument.get<ValueRef>() != nullptr; }

// Switches of mode hide behind these names in every operation that has one.
PyExpr value_of(const NamedArgument& named, const EmitContext& context) {
  return context.switched(named);
}

bool is_empty_list(const Argument& argument) {
  const auto* list = argument.get<ArgumentList>();
  return list && list->empty();
}

std::optional<PyExpr> function_call(const Node& node, const EmitContext& context,
                                    std::string_view callee, bool inplace) {
  std::vector<PyExpr> arguments;
  bool leading = true;
  for (const NamedArgument& named : node.arguments) {
    leading = leading && (is_tensor_like(named.argument) || arguments.empty());
    if (is_empty_list(named.argument) && !leading) continue;  // stride=[] means the default
    PyExpr value = value_of(named, context);
    if (!leading && named.name.empty()) return std::nullopt;
    // The schema's "train" is "training" everywhere in torch.nn.functional.
    const std::string name = named.name == "train" ? "training" : named.name;
    arguments.push_back(leading ? std::move(value) : std::move(value).named(name));
  }
  if (inplace) arguments.push_back(PyExpr::atom("True").named("inplace"));
  return PyExpr::call(std::string(callee), std::move(arguments));
}

}  // namespace

std::optional<PyExpr> pass_through(const Node&, const EmitContext&, std::string_view) {
  return std::nullopt;
}

std::optional<PyExpr> emit_function(const Node& node, const EmitContext& context,
                                    std::string_view callee) {
  return function_call(node, context, callee, false);
}

std::optional<PyExpr> emit_inplace_function(const Node& node, const EmitContext& context,
                                            std::string_view callee) {
  return function_call(node, context, callee, true);
}

std::optional<PyExpr> emit_method(const Node& node, const EmitContext& context,
                                  std::string_view callee) {
  if (node.arguments.empty() || !is_tensor_like(node.arguments[0].argument)) return std::nullopt;
  std::vector<PyExpr> arguments;
  for (std::size_t i = 1; i < node.arguments.size(); ++i) {
    PyExpr value = value_of(node.arguments[i], context);
    arguments.push_back(node.arguments[i].keyword ? std::move(value).named(node.arguments[i].name)
                                                  : std::move(value));
  }
  const PyExpr self = context.expression(node.arguments[0].argument);
  return PyExpr::call(self.flat() + "." + std::string(callee), std::move(arguments));
}

std::optional<PyExpr> emit_spread_method(const Node& node, const EmitContext& context,
                                         std::string_view callee) {
  if (node.arguments.size() != 2) return std::nullopt;
  const auto* sizes = node.arguments[1].argument.get<ArgumentList>();
  if (!sizes || sizes->empty() || node.arguments[1].keyword) return std::nullopt;
  std::vector<PyExpr> arguments;
  for (const Argument& size : *sizes) arguments.push_back(context.expression(size));
  const PyExpr self = context.expression(node.arguments[0].argument);
  return PyExpr::call(self.flat() + "." + std::string(callee), std::move(arguments));
}

std::optional<PyExpr> emit_operator(const Node& node, const EmitContext& context,
                                    std::string_view callee) {
  if (node.arguments.size() != 2 || !is_tensor_like(node.arguments[0].argument))
    return std::nullopt;
  if (node.arguments[1].argument.get<Complex>()) return std::nullopt;
  return PyExpr::atom(context.expression(node.arguments[0].argument).flat() + " " +
                      std::string(callee) + " " +
                      context.expression(node.arguments[1].argument).flat());
}

}  // namespace amalgam
