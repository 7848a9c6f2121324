#include "graph/uses.h"

#include <map>
#include <set>
#include <utility>

#include "graph/operations/table.h"
#include "graph/values.h"

namespace amalgam {
namespace {

using Tensors = std::set<std::size_t>;

// What is known of one tensor while the programs are walked.
struct Notes {
  bool written = false;
  bool variance = false;        // passed as running variances
  bool other = false;           // written otherwise than by counting
  std::uint64_t per_batch = 0;  // what counting adds
};

// Follows each tensor through operations that look at its memory, up to those that write to it.
class Walk {
 public:
  Walk(const Program& program, bool training, std::vector<Notes>& notes)
      : program_(program), training_(training), notes_(notes), seen_(program.values.size()) {
    for (std::size_t v = 0; v < seen_.size(); ++v)
      if (const auto tensor = program.tensor_of_value[v]) seen_[v].insert(*tensor);
  }

  void run() {
    visit(program_.graph);
    for (const BufferUpdate& update : program_.updates) {
      Notes& notes = notes_[update.tensor];
      notes.written = true;
      const auto sum = sums_.find(update.value);
      if (sum != sums_.end() && seen_[sum->second.first].count(update.tensor) > 0)
        notes.per_batch += sum->second.second;
      else if (seen_[update.value].count(update.tensor) == 0)
        notes.other = true;
    }
  }

 private:
  void visit(const Graph& graph) {
    for (const Node& node : graph.nodes) {
      if (node.body) visit_body(node);
      if (node.kind == NodeKind::kAten) visit(node);
    }
  }

  void visit_body(const Node& node) {
    visit(*node.body);
    Tensors handed;
    for_each_read(node, [&](ValueId id) { handed.insert(seen_[id].begin(), seen_[id].end()); });
    show(node, handed);
  }

  void visit(const Node& node) {
    const bool known = find_operation(node) != nullptr;
    if (const std::uint64_t step = step_of(node); step > 0) return count(node, step);
    for (std::size_t i = 0; i < node.arguments.size(); ++i) {
      const NamedArgument& named = node.arguments[i];
      const bool running = named.name == "running_mean" || named.name == "running_var";
      const bool written =
          running || !known || named.name == "out" || (i == 0 && is_in_place(node.op));
      for_each_value(named.argument, [&](ValueId id) {
        if (written) write(id, named.name == "running_var");
      });
    }
    if (known && !may_hand_on(node)) return;
    Tensors handed;
    for_each_argument(node, [&](ValueId id) { handed.insert(seen_[id].begin(), seen_[id].end()); });
    show(node, handed);
  }

  // What `node` adds to its only tensor, where that is a whole number and all that it does.
  std::uint64_t step_of(const Node& node) const {
    if (!training_ || !has(node, Trait::kAdds)) return 0;
    if (node.arguments.size() != 2 || node.outputs.size() != 1 || node.outputs[0].ids.size() != 1)
      return 0;
    const auto* step = node.arguments[1].argument.get<std::int64_t>();
    return step && *step > 0 && node.arguments[0].argument.get<ValueRef>()
               ? static_cast<std::uint64_t>(*step)
               : 0;
  }

  void count(const Node& node, std::uint64_t step) {
    const ValueId from = node.arguments[0].argument.get<ValueRef>()->id;
    if (!is_in_place(node.op)) {  // counts only where the sum is handed out as the new value
      sums_[node.outputs[0].ids[0]] = {from, step};
      return;
    }
    for (const std::size_t tensor : seen_[from]) {
      notes_[tensor].written = true;
      notes_[tensor].per_batch += step;
    }
    show(node, Tensors(seen_[from]));
  }

  void write(ValueId id, bool variance) {
    for (const std::size_t tensor : seen_[id]) {
      notes_[tensor].written = notes_[tensor].other = true;
      notes_[tensor].variance = notes_[tensor].variance || variance;
    }
  }

  void show(const Node& node, const Tensors& tensors) {
    for (const Output& output : node.outputs)
      for (const ValueId id : output.ids) seen_[id].insert(tensors.begin(), tensors.end());
  }

  const Program& program_;
  bool training_;
  std::vector<Notes>& notes_;
  std::map<ValueId, std::pair<ValueId, std::uint64_t>> sums_;  // of a value and a step
  std::vector<Tensors> seen_;  // per value: the tensors whose memory it may be
};

TensorUse use_of(const ModelTensor& tensor, const Notes& notes) {
  using Kind = TensorKind;
  if (tensor.trainable) return {Kind::kParameter, 0};
  const bool parameter = tensor.kind == ModelTensor::Kind::kParameter;
  if (!notes.written) return {parameter ? Kind::kFrozen : Kind::kConstant, 0};
  const bool whole = tensor.tensor.dtype == DType::kInt64 && tensor.tensor.shape.empty();
  if (!parameter && notes.variance) return {Kind::kVariance, 0};
  if (!parameter && whole && !notes.other && notes.per_batch > 0)
    return {Kind::kCounter, notes.per_batch};
  return {Kind::kBuffer, 0};
}

}  // namespace

bool may_hand_on(const Node& node) {
  return is_in_place(node.op) || has(node, Trait::kView) || has(node, Trait::kMayAlias);
}

std::vector<TensorUse> tensor_uses(const Model& model) {
  std::vector<Notes> notes(model.tensors.size());
  for (const Program* program : model.all_programs())
    Walk(*program, program->role != ProgramRole::kEval, notes).run();
  std::vector<TensorUse> uses;
  for (std::size_t i = 0; i < notes.size(); ++i) uses.push_back(use_of(model.tensors[i], notes[i]));
  return uses;
}

}  // namespace amalgam
