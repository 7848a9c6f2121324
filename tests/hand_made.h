// Models written by hand, operation by operation: what tests of graph/ and variants/ look at.
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include "amalgam/graph.h"

namespace amalgam {

// A dimension: a number, or the batch, whose size is 4 in the example.
constexpr std::int64_t kBatch = -1;
using Dims = std::vector<std::int64_t>;

inline std::vector<Dim> dims_of(const Dims& sizes) {
  std::vector<Dim> dims;
  for (const std::int64_t size : sizes)
    dims.push_back(size == kBatch ? Dim{4, true, "s0"}
                                  : Dim{static_cast<std::uint64_t>(size), false, ""});
  return dims;
}

// Arguments, as an export names them.
inline NamedArgument in(const char* name, ValueId value) {
  return {name, {ValueRef{value}}, false};
}
inline NamedArgument in(const char* name, const std::vector<ValueId>& values) {
  ArgumentList list;
  for (const ValueId value : values) list.push_back({ValueRef{value}});
  return {name, {list}, false};
}
inline NamedArgument number(const char* name, std::int64_t value) { return {name, {value}, false}; }
inline NamedArgument real(const char* name, double value) { return {name, {value}, false}; }
inline NamedArgument flag(const char* name, bool value) { return {name, {value}, false}; }
inline NamedArgument none(const char* name) { return {name, {None{}}, false}; }
inline NamedArgument dtype(const char* name, DType value) {
  return {name, {DTypeArgument{value}}, false};
}
inline NamedArgument numbers(const char* name, const Dims& values) {
  ArgumentList list;
  for (const std::int64_t value : values) list.push_back({value});
  return {name, {list}, false};
}
// The same by keyword.
inline NamedArgument keyword(NamedArgument argument) {
  argument.keyword = true;
  return argument;
}

inline std::vector<std::string> names_of(const Graph& graph) {
  std::vector<std::string> names;
  for (const Node& node : graph.nodes) names.push_back(node.name());
  return names;
}

class HandMade {
 public:
  HandMade() { model.where = "hand-made"; }

  ValueId value(const Dims& shape, DType type = DType::kFloat32) {
    return add({Value::Kind::kTensor, type, dims_of(shape)});
  }
  // A symbolic number, of no shape.
  ValueId symbol() { return add({Value::Kind::kNumber, DType::kInt64, {}}); }

  ValueId input(const Dims& shape, DType type = DType::kFloat32) {
    const ValueId id = value(shape, type);
    program().inputs.push_back({"x" + std::to_string(program().inputs.size()), id});
    return id;
  }

  ValueId parameter(const Dims& shape, const std::string& name = "p") {
    return tensor(ModelTensor::Kind::kParameter, shape, DType::kFloat32, name);
  }
  ValueId buffer(const Dims& shape, DType type = DType::kFloat32, const std::string& name = "b") {
    return tensor(ModelTensor::Kind::kBuffer, shape, type, name);
  }
  ValueId constant(const Dims& shape, DType type = DType::kFloat32) {
    return tensor(ModelTensor::Kind::kConstant, shape, type, "c");
  }

  // A node of "conv2d.default" or "_operator.add", without outputs.
  Node& node(const std::string& name, std::vector<NamedArgument> arguments) {
    Node made;
    const std::size_t dot = name.find('.');
    const bool python = name.starts_with("_operator.") || name.starts_with("math.");
    made.kind = python ? NodeKind::kPython : NodeKind::kAten;
    made.space = python ? name.substr(0, dot) : "aten";
    made.op = python ? name.substr(dot + 1) : name.substr(0, dot);
    made.overload = python ? "" : name.substr(dot + 1);
    made.arguments = std::move(arguments);
    graph().nodes.push_back(std::move(made));
    return graph().nodes.back();
  }
  ValueId call(const std::string& name, std::vector<NamedArgument> arguments, const Dims& shape,
               DType type = DType::kFloat32) {
    const ValueId out = value(shape, type);
    node(name, std::move(arguments)).outputs = {{false, {out}}};
    return out;
  }
  // The same for an operation of one tensor that keeps its shape.
  ValueId call(const std::string& name, ValueId from, std::vector<NamedArgument> more = {}) {
    more.insert(more.begin(), in("self", from));
    const ValueId out = add(program().values[from]);
    node(name, std::move(more)).outputs = {{false, {out}}};
    return out;
  }
  // For one that gives a list of tensors, or several.
  std::vector<ValueId> call_many(const std::string& name, std::vector<NamedArgument> arguments,
                                 const std::vector<Dims>& shapes, bool list = true) {
    std::vector<ValueId> outs;
    for (const Dims& shape : shapes) outs.push_back(value(shape));
    Node& made = node(name, std::move(arguments));
    if (list) made.outputs = {{true, outs}};
    for (std::size_t i = 0; !list && i < outs.size(); ++i)
      made.outputs.push_back({false, {outs[i]}});
    return outs;
  }
  // One that gives a number.
  ValueId call_number(const std::string& name, std::vector<NamedArgument> arguments) {
    const ValueId out = symbol();
    node(name, std::move(arguments)).outputs = {{false, {out}}};
    return out;
  }

  // A layer with new parameters: [out, in], [out, in, kernel, kernel], and a bias.
  ValueId linear(ValueId x, std::int64_t from, std::int64_t to) {
    Dims shape;
    for (const Dim& dim : program().values[x].shape)
      shape.push_back(dim.symbolic ? kBatch : static_cast<std::int64_t>(dim.size));
    shape.back() = to;
    const ValueId weight = parameter({to, from}, "weight"), bias = parameter({to}, "bias");
    return call("linear.default", {in("input", x), in("weight", weight), in("bias", bias)}, shape);
  }
  ValueId conv(ValueId x, std::int64_t from, std::int64_t to, std::int64_t kernel,
               std::int64_t padding, std::int64_t size) {
    const ValueId weight = parameter({to, from, kernel, kernel}, "weight");
    return call("conv2d.default",
                {in("input", x), in("weight", weight), none("bias"), numbers("stride", {1, 1}),
                 numbers("padding", {padding, padding})},
                {kBatch, to, size, size});
  }

  // Puts the last `count` nodes into a subgraph, under no_grad, enable_grad or autocast.
  void wrap(std::size_t count, NodeKind kind, bool on = false) {
    auto body = std::make_shared<Graph>();
    const auto first = graph().nodes.end() - static_cast<std::ptrdiff_t>(count);
    body->nodes.assign(first, graph().nodes.end());
    graph().nodes.erase(first, graph().nodes.end());
    Node outer;
    outer.kind = kind;
    outer.space.clear();
    outer.arguments.push_back({"", {on}, false});
    if (kind == NodeKind::kAutocast) {
      outer.arguments = {{"", {std::string("cpu")}, false},
                         {"", {DTypeArgument{DType::kBFloat16}}, false},
                         {"", {true}, false},
                         {"", {None{}}, false}};
    }
    outer.body = std::move(body);
    graph().nodes.push_back(std::move(outer));
  }

  void output(ValueId id) {
    graph().outputs.push_back(id);
    program().output_names.emplace_back();
  }

  // The program as it stands, for evaluation.
  void add_eval() {
    model.programs.push_back(program());
    model.programs.back().role = ProgramRole::kEval;
  }

  std::size_t tensor_of(ValueId id) { return *program().tensor_of_value[id]; }
  Program& program() { return model.train(); }
  Graph& graph() { return model.train().graph; }

  Model model;

 private:
  ValueId add(Value made) {
    program().values.push_back(std::move(made));
    program().tensor_of_value.push_back(std::nullopt);
    return static_cast<ValueId>(program().values.size() - 1);
  }

  ValueId tensor(ModelTensor::Kind kind, const Dims& shape, DType type, const std::string& name) {
    const ValueId id = value(shape, type);
    ModelTensor made;
    made.kind = kind;
    made.own_name = name + std::to_string(model.tensors.size());
    made.tensor.dtype = type;
    for (const std::int64_t size : shape)
      made.tensor.shape.push_back(static_cast<std::uint64_t>(size));
    const std::uint64_t bytes = element_count(made.tensor.shape) * dtype_size(type);
    made.tensor.source = memory_source(std::vector<std::byte>(bytes));
    made.trainable = kind == ModelTensor::Kind::kParameter;
    if (kind != ModelTensor::Kind::kConstant) made.user_names = {made.own_name};
    model.tensors.push_back(std::move(made));
    program().tensor_of_value[id] = model.tensors.size() - 1;
    return id;
  }
};

}  // namespace amalgam
