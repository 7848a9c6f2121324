#include "variants/sized_load.h"

#include "graph/operations/costs.h"
#include "graph/operations/table.h"
#include "graph/values.h"

namespace amalgam {

SizedLoad::SizedLoad(const Model& model, const WidthInference& widths)
    : widths_(widths), batch_(batch_of(model)), followed_(model.train().values.size()) {
  values_.values = model.train().values;
  for (std::size_t t = 0; t < model.tensors.size(); ++t) {
    if (model.tensors[t].kind != ModelTensor::Kind::kParameter) continue;
    std::vector<std::size_t>& dims = parameters_.emplace_back();
    for (const Size& size : widths.tensors[t]) dims.push_back(distinct(size));
  }
  collect(model.train().graph);
  now_.resize(sizes_.size());
}

Load SizedLoad::at(const Assignment& sizes) {
  for (std::size_t s = 0; s < sizes_.size(); ++s) now_[s] = widths_.symbols.value(sizes_[s], sizes);
  for (const Place& place : places_)
    values_.values[place.value].shape[place.dim].size = now_[place.size];
  std::uint64_t parameters = 0;
  for (const auto& dims : parameters_) {
    std::uint64_t count = 1;
    for (std::size_t size : dims) count *= now_[size];
    parameters += count;
  }
  double flops = 0;
  for (const Cost& cost : costs_) flops += cost.rule(*cost.node, values_);
  return {static_cast<double>(parameters), flops / batch_};
}

void SizedLoad::collect(const Graph& graph) {
  for (const Node& node : graph.nodes) {
    if (node.body) collect(*node.body);
    const Operation* operation = find_operation(node);
    if (!operation || !operation->cost) continue;
    costs_.push_back({&node, operation->cost});
    for_each_argument(node, [this](ValueId id) { follow(id); });
    for (const Output& output : node.outputs)
      for (ValueId id : output.ids) follow(id);
  }
}

void SizedLoad::follow(ValueId id) {
  if (followed_[id]) return;
  followed_[id] = true;
  const auto& sizes = widths_.train().values[id];
  if (!sizes) return;
  for (std::size_t d = 0; d < values_.values[id].shape.size(); ++d)
    if (!(*sizes)[d].as_constant()) places_.push_back({id, d, distinct((*sizes)[d])});
}

std::size_t SizedLoad::distinct(const Size& size) {
  const auto [place, fresh] = place_of_size_.emplace(&size.terms(), sizes_.size());
  if (fresh) sizes_.push_back(size);
  return place->second;
}

}  // namespace amalgam
