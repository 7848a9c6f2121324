#include <set>

#include "amalgam/model.h"
#include "graph/operations.h"

namespace amalgam {
namespace {

bool takes_parameters(const Node& node, const Model& model) {
  auto is_parameter = [&](const Argument& argument) {
    const ValueRef* ref = argument.get<ValueRef>();
    const auto tensor = ref ? model.train.tensor_of_value[ref->id] : std::nullopt;
    return tensor && model.tensors[*tensor].kind == ModelTensor::Kind::kParameter;
  };
  for (const NamedArgument& named : node.arguments) {
    if (is_parameter(named.argument)) return true;
    if (const auto* list = named.argument.get<ArgumentList>())
      for (const Argument& item : *list)
        if (is_parameter(item)) return true;
  }
  return false;
}

void add_cost(const Graph& graph, const Model& model, double& flops,
              std::set<std::string>& unknown) {
  for (const Node& node : graph.nodes) {
    if (node.body) add_cost(*node.body, model, flops, unknown);
    if (node.kind != NodeKind::kAten) continue;
    const Operation* operation = find_operation(node);
    if (operation && operation->cost) flops += operation->cost(node, model.train);
    if (!operation && takes_parameters(node, model)) unknown.insert(node.name());
  }
}

bool has_casts(const Graph& graph) {
  for (const Node& node : graph.nodes)
    if (node.kind == NodeKind::kAutocast || node.op == "to" || (node.body && has_casts(*node.body)))
      return true;
  return false;
}

}  // namespace

bool casts_by_itself(const Model& model) { return has_casts(model.train.graph); }

Cost forward_cost(const Model& model) {
  double flops = 0;
  std::set<std::string> unknown;
  add_cost(model.train.graph, model, flops, unknown);
  const Value& input = model.train.values[model.train.inputs[0].value];
  const auto batch = static_cast<double>(input.shape[0].size);
  return {batch > 0 ? flops / batch : 0, {unknown.begin(), unknown.end()}};
}

}  // namespace amalgam
