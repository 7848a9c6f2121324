#include "graph/operations/costs.h"

#include <algorithm>

#include "graph/arguments.h"

namespace amalgam {

double batch_of(const Model& model) {
  const Value& input = model.train().values[model.train().inputs[0].value];
  return std::max<double>(1, static_cast<double>(input.shape[0].size));
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

double argument_elements(const Node& node, const Program& program, std::string_view argument) {
  const auto value = value_argument(node, argument);
  return value ? elements(program, *value) : 0;
}

double dimension(const Node& node, const Program& program, std::string_view argument, int index) {
  const auto value = value_argument(node, argument);
  if (!value) return 0;
  const auto& shape = program.values[*value].shape;
  const int at = index < 0 ? static_cast<int>(shape.size()) + index : index;
  if (at < 0 || at >= static_cast<int>(shape.size())) return 0;
  return static_cast<double>(shape[static_cast<std::size_t>(at)].size);
}

}  // namespace amalgam
