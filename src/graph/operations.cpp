#include "graph/operations.h"

#include <algorithm>
#include <set>

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

bool is_view(const Node& node) {
  static const std::set<std::string_view> kViews = {
      "view",    "reshape",          "permute", "transpose", "t",      "expand",
      "flatten", "unflatten",        "squeeze", "unsqueeze", "select", "slice",
      "split",   "split_with_sizes", "chunk",   "detach",    "alias",  "contiguous"};
  return kViews.count(node.op) > 0;
}

double elements(const Program& program, ValueId id) {
  double count = 1;
  for (const Dim& dim : program.values[id].shape) count *= static_cast<double>(dim.size);
  return count;
}

double output_elements(const Node& node, const Program& program) {
  if (node.outputs.empty() || node.outputs[0].ids.empty()) return 0;
  return elements(program, node.outputs[0].ids[0]);
}

double dimension(const Node& node, const Program& program, std::string_view argument, int index) {
  const Argument* found = node.find(argument);
  const ValueRef* ref = found ? found->get<ValueRef>() : nullptr;
  if (!ref) return 0;
  const auto& shape = program.values[ref->id].shape;
  const int at = index < 0 ? static_cast<int>(shape.size()) + index : index;
  if (at < 0 || at >= static_cast<int>(shape.size())) return 0;
  return static_cast<double>(shape[static_cast<std::size_t>(at)].size);
}

std::vector<std::span<const Operation>> operation_families() {
  return {convolution_operations(), linear_operations(),    norm_operations(),
          activation_operations(),  pooling_operations(),   arithmetic_operations(),
          shape_operations(),       attention_operations(), comparison_operations(),
          creation_operations(),    recurrent_operations()};
}

const std::map<std::string_view, Operation>& operation_table() {
  static const auto table = [] {
    std::map<std::string_view, Operation> all;
    for (const auto family : operation_families())
      for (const Operation& operation : family) all.emplace(operation.name, operation);
    return all;
  }();
  return table;
}

const Operation* find_operation(const Node& node) {
  if (node.kind != NodeKind::kAten || node.space != "aten") return nullptr;
  const auto found = operation_table().find(node.name());
  return found == operation_table().end() ? nullptr : &found->second;
}

}  // namespace amalgam
