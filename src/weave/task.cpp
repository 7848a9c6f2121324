#include "weave/task.h"

#include <algorithm>

namespace amalgam {
namespace {

// The value that the transform gives for this source.
const Value& made_value(const TaskNetwork& network, const Flow& flow, const Source& source) {
  const Program& transform = *network.model->find(*flow.transform);
  return transform.values[*transform.graph.outputs[flow.given[source.index]]];
}

}  // namespace

bool TaskNetwork::makes_targets() const {
  const auto makes = [](const Flow& flow) {
    return std::any_of(flow.targets.begin(), flow.targets.end(), [](const Target& target) {
      return target.source.from == Source::From::kTransform;
    });
  };
  return makes(in_training) || makes(in_evaluation);
}

Shape input_shape(const TaskNetwork& network, const Flow& flow, std::size_t input) {
  const Source& source = flow.inputs[input];
  if (source.from == Source::From::kField) return flow.shapes[source.index];
  Shape shape;
  const Value& value = made_value(network, flow, source);
  for (std::size_t d = 1; d < value.shape.size(); ++d) shape.push_back(value.shape[d].size);
  return shape;
}

DType input_dtype(const TaskShape& shape, const TaskNetwork& network, const Flow& flow,
                  std::size_t input) {
  const Source& source = flow.inputs[input];
  if (source.from == Source::From::kField) return shape.fields[source.index].dtype;
  return made_value(network, flow, source).dtype;
}

}  // namespace amalgam
