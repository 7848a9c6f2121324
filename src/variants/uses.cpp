#include "variants/uses.h"

#include <algorithm>

#include "graph/values.h"

namespace amalgam {

Uses::Uses(const Model& model)
    : defined(model.train().values.size(), kNever),
      place(model.train().values.size(), 0),
      last_read(model.train().values.size(), 0),
      first_reader(model.tensors.size(), kNever),
      last_reader(model.tensors.size(), 0) {
  const Program& program = model.train();
  const auto& nodes = program.graph.nodes;
  const auto read = [&](ValueId id, std::size_t node) {
    last_read[id] = std::max(last_read[id], node);
    const auto tensor = program.tensor_of_value[id];
    if (!tensor) return;
    first_reader[*tensor] = std::min(first_reader[*tensor], node);
    last_reader[*tensor] = std::max(last_reader[*tensor], node);
  };
  for (std::size_t n = 0; n < nodes.size(); ++n) {
    std::size_t at = 0;
    for (const Output& output : nodes[n].outputs)
      for (const ValueId id : output.ids) {
        defined[id] = n;
        place[id] = at++;
      }
    for_each_read(nodes[n], [&](ValueId id) { read(id, n); });
  }
  for (const auto& output : program.graph.outputs)
    if (output) read(*output, nodes.size());
  for (const BufferUpdate& update : program.updates) {
    read(update.value, nodes.size());
    first_reader[update.tensor] = std::min(first_reader[update.tensor], nodes.size());
    last_reader[update.tensor] = nodes.size();
  }
}

}  // namespace amalgam
