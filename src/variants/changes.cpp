#include "variants/changes.h"

#include <numeric>

#include "graph/values.h"

namespace amalgam {

std::vector<std::size_t> reads_of_tensors(const Model& model) {
  const Program& program = model.train;
  std::vector<std::size_t> reads(model.tensors.size());
  auto count = [&](ValueId id) {
    if (const auto tensor = program.tensor_of_value[id]) ++reads[*tensor];
  };
  for (const Node& node : program.graph.nodes) for_each_read(node, count);
  for (const auto& output : program.graph.outputs)
    if (output) count(*output);
  for (const BufferUpdate& update : program.updates) count(update.value);
  return reads;
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
