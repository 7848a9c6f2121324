#include "graph/reach.h"

#include <numeric>

#include "graph/operations/table.h"
#include "graph/uses.h"
#include "graph/values.h"

namespace amalgam {
namespace {

// What comes out is cut off, not what went in.
bool is_detached(const Node& node) { return has(node, Trait::kDetaches) && !is_in_place(node.op); }

// What went in is.
bool detaches_itself(const Node& node) {
  return has(node, Trait::kDetaches) && is_in_place(node.op);
}

// Walks from the loss back to the parameters. Values that may be one memory are one class, because
// what is written into one of them is read through the others.
class Walk {
 public:
  explicit Walk(const Program& program)
      : program_(program), class_(program.values.size()), wanted_(program.values.size()) {
    std::iota(class_.begin(), class_.end(), ValueId{0});
    join(program.graph, true);
  }

  void run(std::span<const ValueId> loss_of) {
    for (const ValueId id : loss_of) want(id);
    visit(program_.graph, true);
  }

  bool reached(ValueId id) { return wanted_[find(id)]; }

 private:
  bool differentiable(ValueId id) const {
    const Value& value = program_.values[id];
    return value.kind == Value::Kind::kTensor &&
           (is_floating(value.dtype) || value.dtype == DType::kComplex64);
  }

  ValueId find(ValueId id) {
    while (class_[id] != id) id = class_[id] = class_[class_[id]];
    return id;
  }

  void want(ValueId id) {
    if (differentiable(id)) wanted_[find(id)] = true;
  }

  // Whether gradients are recorded in a node's subgraph.
  static bool records(const Node& node, bool outside) {
    if (node.kind != NodeKind::kSetGrad) return outside;
    const bool* enabled = node.arguments.front().argument.get<bool>();
    return !enabled || *enabled;
  }

  void join(const Graph& graph, bool grad) {
    for (const Node& node : graph.nodes) {
      if (node.body) join(*node.body, records(node, grad));
      if (node.kind != NodeKind::kAten || node.arguments.empty() || is_detached(node)) continue;
      if (is_in_place(node.op) || (grad && may_hand_on(node))) join(node);
    }
  }

  void join(const Node& node) {
    const auto* from = node.arguments.front().argument.get<ValueRef>();
    if (!from || !differentiable(from->id)) return;
    for (const Output& output : node.outputs)
      for (const ValueId id : output.ids)
        if (program_.values[id].dtype == program_.values[from->id].dtype && differentiable(id))
          class_[find(id)] = find(from->id);
  }

  void visit(const Graph& graph, bool grad) {
    for (auto at = graph.nodes.rbegin(); at != graph.nodes.rend(); ++at) {
      const Node& node = *at;
      if (node.body) visit(*node.body, records(node, grad));
      if (node.kind == NodeKind::kAten && is_wanted(node)) pass(node, grad);
    }
  }

  bool is_wanted(const Node& node) {
    bool wanted = false;
    const auto look = [&](ValueId id) {
      wanted = wanted || (differentiable(id) && wanted_[find(id)]);
    };
    for (const Output& output : node.outputs)
      for (const ValueId id : output.ids) look(id);
    if (is_in_place(node.op) && !node.arguments.empty())
      for_each_value(node.arguments.front().argument, look);
    return wanted;
  }

  void pass(const Node& node, bool grad) {
    if (detaches_itself(node))
      for_each_value(node.arguments.front().argument,
                     [&](ValueId id) { wanted_[find(id)] = false; });
    if (!grad || has(node, Trait::kDetaches) || has(node, Trait::kFormAlone)) return;
    const std::size_t taken = has(node, Trait::kFirstAlone) ? 1 : node.arguments.size();
    for (std::size_t i = 0; i < taken && i < node.arguments.size(); ++i)
      for_each_value(node.arguments[i].argument, [&](ValueId id) { want(id); });
  }

  const Program& program_;
  std::vector<ValueId> class_;
  std::vector<bool> wanted_;  // by the class: whether the loss depends on it
};

void mark_reached(const Program& program, std::span<const ValueId> loss_of,
                  std::vector<bool>& reached) {
  Walk walk(program);
  walk.run(loss_of);
  for (std::size_t v = 0; v < program.tensor_of_value.size(); ++v)
    if (const auto tensor = program.tensor_of_value[v])
      if (walk.reached(static_cast<ValueId>(v))) reached[*tensor] = true;
}

}  // namespace

std::vector<std::size_t> unreached_parameters(const Model& model,
                                              std::span<const ValueId> loss_of) {
  std::vector<bool> reached(model.tensors.size());
  mark_reached(model.train(), loss_of, reached);
  if (const Program* loss = model.find(ProgramRole::kLoss))
    mark_reached(*loss, loss->result_values(), reached);
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < model.tensors.size(); ++i)
    if (model.tensors[i].unused || (model.tensors[i].trainable && !reached[i])) out.push_back(i);
  return out;
}

bool depends_on(const Program& program, ValueId value) {
  Walk walk(program);
  walk.run(program.result_values());
  return walk.reached(value);
}

}  // namespace amalgam
