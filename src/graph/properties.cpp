#include <algorithm>
#include <set>

#include "amalgam/model.h"
#include "graph/arguments.h"
#include "graph/operations/costs.h"
#include "graph/operations/table.h"
#include "graph/values.h"

namespace amalgam {
namespace {

bool takes_parameters(const Node& node, const Model& model) {
  bool found = false;
  for_each_argument(node, [&](ValueId id) {
    const auto tensor = model.train().tensor_of_value[id];
    found = found || (tensor && model.tensors[*tensor].kind == ModelTensor::Kind::kParameter);
  });
  return found;
}

void add_cost(const Graph& graph, const Model& model, double& flops,
              std::set<std::string>& unknown) {
  for (const Node& node : graph.nodes) {
    if (node.body) add_cost(*node.body, model, flops, unknown);
    if (node.kind != NodeKind::kAten) continue;
    const Operation* operation = find_operation(node);
    if (operation && operation->cost) flops += operation->cost(node, model.train());
    const bool uncounted = !operation || operation->has(Trait::kUncounted);
    if (uncounted && takes_parameters(node, model)) unknown.insert(node.name());
  }
}

// What only looks at memory that is there already, or changes it.
bool keeps_nothing(const Node& node) { return has(node, Trait::kView) || is_in_place(node.op); }

double kept_bytes(const Graph& graph, const Program& program) {
  double bytes = 0;
  for (const Node& node : graph.nodes) {
    if (node.body && node.kind != NodeKind::kSetGrad) bytes += kept_bytes(*node.body, program);
    if (node.kind != NodeKind::kAten || keeps_nothing(node)) continue;
    for (const Output& output : node.outputs)
      for (ValueId id : output.ids)
        if (program.values[id].kind == Value::Kind::kTensor)
          bytes +=
              elements(program, id) * static_cast<double>(dtype_size(program.values[id].dtype));
  }
  return bytes;
}

bool has_casts(const Graph& graph) {
  for (const Node& node : graph.nodes)
    if (node.kind == NodeKind::kAutocast || has(node, Trait::kCasts) ||
        (node.body && has_casts(*node.body)))
      return true;
  return false;
}

void mark_sparse(const Graph& graph, const Program& program, std::vector<bool>& sparse) {
  for (const Node& node : graph.nodes) {
    if (node.body) mark_sparse(*node.body, program, sparse);
    if (!has(node, Trait::kLooksUp) || !is_true(node, "sparse")) continue;
    const auto weight = value_argument(node, "weight");
    const auto tensor = weight ? program.tensor_of_value[*weight] : std::nullopt;
    if (tensor) sparse[*tensor] = true;
  }
}

}  // namespace

std::vector<bool> sparse_gradients(const Model& model) {
  std::vector<bool> sparse(model.tensors.size());
  mark_sparse(model.train().graph, model.train(), sparse);
  return sparse;
}

bool casts_by_itself(const Model& model) { return has_casts(model.train().graph); }

Cost forward_cost(const Model& model) {
  double flops = 0;
  std::set<std::string> unknown;
  add_cost(model.train().graph, model, flops, unknown);
  return {flops / batch_of(model), {unknown.begin(), unknown.end()}};
}

double activation_bytes_per_sample(const Model& model) {
  return kept_bytes(model.train().graph, model.train()) / batch_of(model);
}

std::uint64_t parameter_count(const Model& model) {
  std::uint64_t count = 0;
  for (const ModelTensor& tensor : model.tensors)
    if (tensor.kind == ModelTensor::Kind::kParameter) count += element_count(tensor.tensor.shape);
  return count;
}

}  // namespace amalgam
