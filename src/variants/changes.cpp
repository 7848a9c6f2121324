#include "variants/changes.h"

#include <algorithm>
#include <numeric>

#include "graph/operations/table.h"
#include "graph/values.h"

namespace amalgam {

std::vector<std::size_t> reads_of_tensors(const Model& model) {
  const Program& program = model.train();
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

namespace {

// By value.
std::vector<bool> read_values(const Program& program) {
  std::vector<bool> read(program.values.size());
  for (const Node& node : program.graph.nodes)
    for_each_read(node, [&](ValueId id) { read[id] = true; });
  for (const auto& output : program.graph.outputs)
    if (output) read[*output] = true;
  for (const BufferUpdate& update : program.updates) read[update.value] = true;
  return read;
}

// What nothing reads any more, because its readers are gone, would show that they were there.
void drop_unread(Program& program, const std::vector<bool>& before) {
  auto& nodes = program.graph.nodes;
  for (bool again = true; again;) {
    const std::vector<bool> read = read_values(program);
    const auto left_over = [&](const Node& node) {
      bool was_read = false;
      if (node.body || is_in_place(node.op)) return false;
      for (const Output& output : node.outputs)
        for (ValueId id : output.ids) {
          if (read[id]) return false;
          was_read = was_read || (id < before.size() && before[id]);
        }
      return was_read;
    };
    const auto end = std::remove_if(nodes.begin(), nodes.end(), left_over);
    again = end != nodes.end();
    nodes.erase(end, nodes.end());
  }
}

}  // namespace

ChangedModel unchanged(Model model) {
  ChangedModel out{std::move(model), {}};
  out.origin.resize(out.model.tensors.size());
  std::iota(out.origin.begin(), out.origin.end(), std::size_t{0});
  return out;
}

ChangedModel changed_structure(const Model& model, RandomStream& random) {
  ChangedModel changed = unchanged(model);
  if (model.programs.size() > 1) return changed;
  if (random.below(2) == 1) change_blocks(changed, random);
  if (random.below(2) == 1) change_kernel(changed, random);
  if (random.below(2) == 1) change_activations(changed, random);
  drop_unread(changed.model.train(), read_values(model.train()));
  return changed;
}

}  // namespace amalgam
