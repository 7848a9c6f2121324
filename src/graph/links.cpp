#include "graph/links.h"

#include <algorithm>

#include "graph/operations/table.h"
#include "graph/operations/written.h"
#include "graph/values.h"

namespace amalgam {
namespace {

// The number of the node that reads each value last: of all nodes where it is an output, 0 where
// none does.
std::vector<std::size_t> last_readers(const Program& program) {
  const Graph& graph = program.graph;
  std::vector<std::size_t> last(program.values.size());
  for (std::size_t n = 0; n < graph.nodes.size(); ++n)
    for_each_read(graph.nodes[n], [&](ValueId id) { last[id] = n; });
  for (const auto& output : graph.outputs)
    if (output) last[*output] = graph.nodes.size();
  return last;
}

// One row a sample: the batch comes first, and nothing else varies with it.
bool is_batch(const Value& value, const Program& program) {
  const Value& input = program.values[program.inputs.front().value];
  if (value.kind != Value::Kind::kTensor || value.dtype != DType::kFloat32 ||
      value.shape.size() < 2 || input.shape.empty() || !value.shape[0].symbolic ||
      value.shape[0].symbol != input.shape[0].symbol)
    return false;
  return std::none_of(value.shape.begin() + 1, value.shape.end(),
                      [](const Dim& dim) { return dim.symbolic; });
}

Argument number(std::uint64_t value) { return {static_cast<std::int64_t>(value)}; }

// The nodes that bring a received value into another's shape and add it.
class Receiver {
 public:
  Receiver(Model& model, const LinkPoint& point) : model_(model), point_(point) {}

  std::size_t run(const Value& sent, std::size_t sent_channels) {
    Program& program = model_.train();
    const Value own = program.values[point_.value];
    Value coming = sent;
    coming.shape[0] = own.shape[0];
    const ValueId received = add_value(coming);
    program.received.push_back(received);
    const bool images = own.shape.size() == 4 && sent.shape.size() == 4 && sent_channels == 1 &&
                        point_.channels == 1;
    const std::uint64_t in = sent.shape[sent_channels].size, out = own.shape[point_.channels].size;
    const std::size_t weight = add_parameter(images ? Shape{out, in, 1, 1} : Shape{out, in});
    const ValueId brought = images ? project_image(received, own, weight)
                                   : project_vector(received, sent_channels, own, weight);
    const ValueId sum = add_node(sum_of(point_.value, brought), own.shape);
    rename_values(program.graph, point_.node + 1, {{point_.value, sum}});
    for (BufferUpdate& update : program.updates)
      if (update.value == point_.value) update.value = sum;
    program.graph.nodes.insert(
        program.graph.nodes.begin() + static_cast<std::ptrdiff_t>(point_.node) + 1, nodes_.begin(),
        nodes_.end());
    return weight;
  }

 private:
  ValueId add_value(Value value) {
    Program& program = model_.train();
    program.values.push_back(std::move(value));
    program.tensor_of_value.resize(program.values.size());
    return static_cast<ValueId>(program.values.size() - 1);
  }

  // Behind the other parameters, in front of the buffers.
  std::size_t add_parameter(const Shape& shape) {
    auto at = std::find_if(model_.tensors.begin(), model_.tensors.end(), [](const ModelTensor& t) {
      return t.kind != ModelTensor::Kind::kParameter;
    });
    const auto index = static_cast<std::size_t>(at - model_.tensors.begin());
    ModelTensor tensor;
    tensor.tensor = {DType::kFloat32, shape, nullptr};
    tensor.trainable = true;
    model_.tensors.insert(at, std::move(tensor));
    for (auto& other : model_.train().tensor_of_value)
      if (other && *other >= index) ++*other;
    for (BufferUpdate& update : model_.train().updates)
      if (update.tensor >= index) ++update.tensor;
    return index;
  }

  ValueId parameter_value(std::size_t tensor) {
    Value value;
    for (std::uint64_t size : model_.tensors[tensor].tensor.shape)
      value.shape.push_back({size, false, ""});
    const ValueId id = add_value(std::move(value));
    model_.train().tensor_of_value[id] = tensor;
    return id;
  }

  ValueId add_node(Node node, std::vector<Dim> shape) {
    Value value;
    value.shape = std::move(shape);
    const ValueId out = add_value(std::move(value));
    node.outputs = {{false, {out}}};
    nodes_.push_back(std::move(node));
    return out;
  }

  ValueId project_image(ValueId received, const Value& own, std::size_t weight) {
    const std::vector<Dim> from = model_.train().values[received].shape;
    ValueId pooled = received;
    if (from[2].size != own.shape[2].size || from[3].size != own.shape[3].size)
      pooled = add_node(pooled_to(received, static_cast<std::int64_t>(own.shape[2].size),
                                  static_cast<std::int64_t>(own.shape[3].size)),
                        {own.shape[0], from[1], own.shape[2], own.shape[3]});
    return add_node(convolved(pooled, parameter_value(weight)), own.shape);
  }

  // The mean over everything but channels, spread over everything but channels.
  ValueId project_vector(ValueId received, std::size_t channels, const Value& own,
                         std::size_t weight) {
    const std::vector<Dim> from = model_.train().values[received].shape;
    ValueId pooled = received;
    if (from.size() > 2) {
      ArgumentList others;
      for (std::size_t d = 1; d < from.size(); ++d)
        if (d != channels) others.push_back(number(d));
      pooled = add_node(mean_over(received, others), {from[0], from[channels]});
    }
    const Dim out = own.shape[point_.channels];
    const ValueId vector =
        add_node(projected(pooled, parameter_value(weight)), {own.shape[0], out});
    if (own.shape.size() == 2) return vector;
    ArgumentList sizes = {Argument{std::int64_t{-1}}};
    std::vector<Dim> shape = {own.shape[0]};
    for (std::size_t d = 1; d < own.shape.size(); ++d) {
      const std::uint64_t size = d == point_.channels ? out.size : 1;
      sizes.push_back(number(size));
      shape.push_back({size, false, ""});
    }
    return add_node(seen_as(vector, sizes), std::move(shape));
  }

  Model& model_;
  LinkPoint point_;
  std::vector<Node> nodes_;
};

}  // namespace

std::vector<LinkPoint> link_points(const Model& model) {
  const Program& program = model.train();
  if (model.programs.size() > 1 || program.inputs.empty()) return {};
  const std::vector<std::size_t> last = last_readers(program);
  std::vector<LinkPoint> points;
  for (std::size_t n = 0; n < program.graph.nodes.size(); ++n) {
    const Node& node = program.graph.nodes[n];
    const Operation* operation = find_operation(node);
    if (!operation || operation->channels == 0 || node.outputs.empty() ||
        node.outputs[0].ids.size() != 1)
      continue;
    const ValueId id = node.outputs[0].ids[0];
    const Value& value = program.values[id];
    if (!is_batch(value, program) || last[id] <= n) continue;
    const std::size_t channels =
        operation->channels > 0
            ? static_cast<std::size_t>(operation->channels)
            : value.shape.size() - static_cast<std::size_t>(-operation->channels);
    if (channels > 0 && channels < value.shape.size()) points.push_back({n, id, channels});
  }
  return points;
}

std::size_t send(Model& model, ValueId value) {
  auto& sent = model.train().sent;
  const auto known = std::find(sent.begin(), sent.end(), value);
  if (known != sent.end()) return static_cast<std::size_t>(known - sent.begin());
  sent.push_back(value);
  return sent.size() - 1;
}

std::size_t receive(Model& model, const LinkPoint& point, const Model& sender,
                    const LinkPoint& from) {
  return Receiver(model, point).run(sender.train().values[from.value], from.channels);
}

}  // namespace amalgam
