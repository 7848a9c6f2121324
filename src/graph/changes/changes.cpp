#include "graph/changes/changes.h"

#include <numeric>

namespace amalgam {
namespace {

void count(const Argument& argument, std::vector<std::size_t>& of_value) {
  if (const auto* ref = argument.get<ValueRef>()) ++of_value[ref->id];
  if (const auto* list = argument.get<ArgumentList>())
    for (const Argument& item : *list) count(item, of_value);
}

void count(const Graph& graph, std::vector<std::size_t>& of_value) {
  for (const Node& node : graph.nodes) {
    for (const NamedArgument& named : node.arguments) count(named.argument, of_value);
    if (node.body) count(*node.body, of_value);
  }
  for (const auto& output : graph.outputs)
    if (output) ++of_value[*output];
}

}  // namespace

Uses count_uses(const Model& model) {
  const Program& program = model.train;
  Uses uses{std::vector<std::size_t>(model.tensors.size()),
            std::vector<std::size_t>(program.values.size())};
  count(program.graph, uses.of_value);
  for (const BufferUpdate& update : program.updates) ++uses.of_value[update.value];
  for (ValueId id = 0; id < program.tensor_of_value.size(); ++id)
    if (const auto tensor = program.tensor_of_value[id])
      uses.of_tensor[*tensor] += uses.of_value[id];
  return uses;
}

ChangedModel unchanged(Model model) {
  ChangedModel out{std::move(model), {}};
  out.origin.resize(out.model.tensors.size());
  std::iota(out.origin.begin(), out.origin.end(), std::size_t{0});
  return out;
}

ChangedModel changed_structure(const Model& model, RandomStream& random) {
  ChangedModel changed = unchanged(model);
  if (model.eval) return changed;
  if (random.below(2) == 1) change_blocks(changed, random);
  if (random.below(2) == 1) change_kernel(changed, random);
  if (random.below(2) == 1) change_activations(changed, random);
  return changed;
}

}  // namespace amalgam
