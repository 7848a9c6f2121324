#include "graph/print.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <queue>

#include "amalgam/error.h"
#include "graph/operations/table.h"
#include "graph/switched_off.h"
#include "graph/values.h"

namespace amalgam {
namespace {

std::string slot_name(std::size_t slot) {
  static constexpr const char* kShort[] = {"x", "y", "z"};
  return slot < 3 ? kShort[slot] : fmt::format("v{}", slot);
}

// When each value is read last, counted in nodes in order of execution. Names of dead values are
// used again, so that a variable does not keep an activation alive that plain PyTorch would have
// let go.
class Liveness {
 public:
  Liveness(const Program& program, const std::vector<ValueId>& results)
      : last_(program.values.size(), 0) {
    visit(program.graph);
    ++time_;
    for (const ValueId result : results) last_[result] = time_;
    for (const BufferUpdate& update : program.updates) last_[update.value] = time_;
  }
  std::size_t last_use(ValueId id) const { return last_[id]; }
  std::size_t end() const { return time_; }

 private:
  void visit(const Graph& graph) {
    for (const Node& node : graph.nodes) {
      ++time_;
      for_each_argument(node, [this](ValueId id) { last_[id] = time_; });
      if (node.body) visit(*node.body);
    }
  }

  std::vector<std::size_t> last_;
  std::size_t time_ = 0;
};

// Names of values, given by the lowest that is free and freed when their value is read last.
class Slots {
 public:
  explicit Slots(std::size_t times) : dying_(times + 1) {}

  // Until what happens at `last_use` is done.
  std::size_t give(std::size_t last_use) {
    const std::size_t slot = free_.empty() ? count_++ : free_.top();
    if (!free_.empty()) free_.pop();
    dying_[std::max(last_use, released_)].push_back(slot);
    return slot;
  }

  void release(std::size_t time) {
    for (; released_ <= time; ++released_)
      for (std::size_t slot : dying_[released_]) free_.push(slot);
  }

 private:
  std::size_t count_ = 0, released_ = 0;  // the first time that is not released
  std::priority_queue<std::size_t, std::vector<std::size_t>, std::greater<>> free_;
  std::vector<std::vector<std::size_t>> dying_;  // by time
};

bool uses_device(const Graph& graph) {
  for (const Node& node : graph.nodes) {
    if (node.body && (node.kind == NodeKind::kAutocast || uses_device(*node.body))) return true;
    for (const NamedArgument& named : node.arguments)
      if (named.argument.get<DeviceArgument>()) return true;
  }
  return false;
}

class Printer : public EmitContext {
 public:
  Printer(const Program& program, const std::vector<std::string>& names, bool switch_modes,
          const std::vector<std::string>& received, PyWriter& out)
      : program_(program),
        tensor_names_(names),
        received_(received),
        switch_modes_(switch_modes),
        out_(out),
        results_(program.result_values()),
        live_(program, results_),
        slots_(live_.end()),
        text_(program.values.size()) {
    for (std::size_t place = 0; place < program.sent.size(); ++place)
      sent_.emplace(program.sent[place], place);
    for (ValueId id = 0; id < program.values.size(); ++id)
      if (const auto tensor = program.tensor_of_value[id]) text_[id] = "self." + names[*tensor];
    for (const ModelInput& input : program.inputs) give_slot(input.value);
  }

  PrintedProgram run() {
    PrintedProgram printed{input_names(program_), false};
    if (uses_device(program_.graph)) out_.line("device = " + printed.inputs[0] + ".device");
    for (std::size_t i = 0; i < received_.size(); ++i) {
      give_slot(program_.received[i]);
      out_.line(name(program_.received[i]) + " = " + received_[i]);
    }
    print(program_.graph);
    print_updates();
    std::vector<PyExpr> results;
    for (const ValueId result : results_) results.push_back(PyExpr::atom(name(result)));
    if (results.size() == 1)
      out_.line("return " + name(results_.front()));
    else
      out_.assign("results", PyExpr::list(std::move(results))), out_.line("return results");
    printed.uses_math = uses_math_;
    return printed;
  }

  PyExpr expression(const Argument& argument) const override {
    return std::visit([this](const auto& value) { return express(value); }, argument.value);
  }

  PyExpr switched(const NamedArgument& named) const override {
    if (modeless_) return expression(named.argument);
    const bool* flag = named.argument.get<bool>();
    const double* number = named.argument.get<double>();
    if (switch_modes_ && flag && *flag && is_mode(named.name)) return PyExpr::atom("self.training");
    if (switch_modes_ && number && *number != 0 && named.name == "dropout_p")
      return PyExpr::atom(py_float(*number) + " if self.training else 0.0");
    return expression(named.argument);
  }

 private:
  static bool is_mode(const std::string& name) {
    return name == "training" || name == "train" || name == "use_input_stats";
  }

  PyExpr express(const None&) const { return PyExpr::atom("None"); }
  PyExpr express(const ValueRef& ref) const { return PyExpr::atom(name(ref.id)); }
  PyExpr express(bool value) const { return PyExpr::atom(value ? "True" : "False"); }
  PyExpr express(std::int64_t value) const { return PyExpr::atom(std::to_string(value)); }
  PyExpr express(double value) const { return PyExpr::atom(py_float(value)); }
  PyExpr express(const std::string& word) const { return PyExpr::atom("\"" + word + "\""); }
  PyExpr express(const DTypeArgument& a) const {
    return PyExpr::atom("torch." + std::string(dtype_name(a.dtype)));
  }
  PyExpr express(const MemoryFormatArgument& a) const { return PyExpr::atom("torch." + a.name); }
  PyExpr express(const LayoutArgument&) const { return PyExpr::atom("torch.strided"); }
  PyExpr express(const DeviceArgument&) const { return PyExpr::atom("device"); }
  PyExpr express(const Complex& c) const {
    return PyExpr::call("complex",
                        {PyExpr::atom(py_float(c.real)), PyExpr::atom(py_float(c.imag))});
  }
  PyExpr express(const ArgumentList& list) const {
    std::vector<PyExpr> items;
    for (const Argument& item : list) items.push_back(expression(item));
    return PyExpr::list(std::move(items));
  }

  const std::string& name(ValueId id) const {
    if (text_[id].empty())
      throw Error(ErrorCode::kDamaged, "graph", "a value is used that nothing computes");
    return text_[id];
  }

  void give_slot(ValueId id) { text_[id] = slot_name(slots_.give(live_.last_use(id))); }

  // Frees the names of values that the node at `time_` reads last. An alias (an in-place result) is
  // a value of its own.
  void release() { slots_.release(time_); }

  void print(const Graph& graph) {
    for (const Node& node : graph.nodes) {
      ++time_;
      if (node.body)
        print_block(node);
      else
        print_node(node);
    }
  }

  void print_block(const Node& node) {
    if (node.body->nodes.empty()) return;
    if (node.kind == NodeKind::kSetGrad) {
      const bool* on = node.arguments[0].argument.get<bool>();
      out_.line(on && *on ? "with torch.enable_grad():" : "with torch.no_grad():");
    } else {
      const auto& a = node.arguments;
      out_.line(fmt::format(
          "with torch.autocast(device.type, {}, {}, {}):", expression(a[1].argument).flat(),
          expression(a[2].argument).flat(), expression(a[3].argument).flat()));
    }
    out_.indent();
    const std::size_t before = out_.text().size();
    print(*node.body);
    if (out_.text().size() == before) out_.line("pass");
    out_.dedent();
  }

  // An in-place operation on a buffer belongs to training (batch norm's counter).
  const std::string* updated_buffer(const Node& node) const {
    if (!switch_modes_ || node.kind != NodeKind::kAten || !is_in_place(node.op) ||
        node.arguments.empty())
      return nullptr;
    const ValueRef* self = node.arguments[0].argument.get<ValueRef>();
    if (!self) return nullptr;
    const std::string& text = name(self->id);
    return text.starts_with("self.") ? &text : nullptr;
  }

  PyExpr right_hand_side(const Node& node) {
    modeless_ = is_modeless(node);
    if (const Operation* row = find_operation(node))
      if (auto emitted = row->printing.rule(node, *this, row->printing.callee)) return *emitted;
    if (node.kind == NodeKind::kPython) return number_expression(node);
    std::vector<PyExpr> arguments;
    for (const NamedArgument& named : node.arguments) {
      PyExpr value = switched(named);
      arguments.push_back(named.keyword ? std::move(value).named(named.name) : std::move(value));
    }
    return PyExpr::call(fmt::format("torch.ops.{}.{}.{}", node.space, node.op, node.overload),
                        std::move(arguments));
  }

  PyExpr number_expression(const Node& node) {
    std::vector<PyExpr> arguments;
    for (const NamedArgument& named : node.arguments)
      arguments.push_back(expression(named.argument));
    uses_math_ = uses_math_ || node.space == "math";
    return PyExpr::call(node.space + "." + node.op, std::move(arguments));
  }

  void print_node(const Node& node) {
    const PyExpr right = right_hand_side(node);
    const std::string* buffer = updated_buffer(node);
    if (buffer && node.outputs.size() == 1 && node.outputs[0].ids.size() == 1) {
      const std::string self = *buffer;
      out_.line("if self.training:");
      out_.indent();
      out_.assign("", right);
      out_.dedent();
      text_[node.outputs[0].ids[0]] = self;
      return release();
    }
    release();
    std::vector<std::string> left;
    for (const Output& output : node.outputs)
      for (ValueId id : output.ids) left.push_back(name_result(id));
    const bool list = node.outputs.size() == 1 && node.outputs[0].is_list;
    assign(left, list, right);
    for (const Output& output : node.outputs)
      for (ValueId id : output.ids) print_sent(id);
    release();
  }

  void print_sent(ValueId id) {
    if (const auto sent = sent_.find(id); sent != sent_.end())
      out_.line(fmt::format("self.{} = {}.detach()", sent_name(sent->second), name(id)));
  }

  std::string name_result(ValueId id) {
    if (live_.last_use(id) <= time_) return "_";
    give_slot(id);
    return text_[id];
  }

  void assign(const std::vector<std::string>& left, bool list, const PyExpr& right) {
    if (left.empty()) return out_.assign("", right);
    if (left.size() == 1 && !list) return out_.assign(left[0] == "_" ? "" : left[0], right);
    if (left.size() == 1) return out_.assign("(" + left[0] + ",)", right);
    const std::string joined = fmt::format("{}", fmt::join(left, ", "));
    if (joined.size() < 60) return out_.assign(joined, right);
    out_.assign("parts", right);
    for (std::size_t i = 0; i < left.size(); ++i)
      if (left[i] != "_") out_.line(fmt::format("{} = parts[{}]", left[i], i));
  }

  // Buffers whose new value the export returns instead of writing it in place.
  void print_updates() {
    if (program_.updates.empty()) return;
    if (switch_modes_) {
      out_.line("if self.training:");
      out_.indent();
    }
    for (const BufferUpdate& update : program_.updates)
      out_.line(fmt::format("self.{}.copy_({}.detach())", tensor_names_[update.tensor],
                            name(update.value)));
    if (switch_modes_) out_.dedent();
  }

  const Program& program_;
  const std::vector<std::string>& tensor_names_;
  const std::vector<std::string>& received_;
  bool switch_modes_;
  PyWriter& out_;
  std::vector<ValueId> results_;
  Liveness live_;
  Slots slots_;
  std::map<ValueId, std::size_t> sent_;  // places in program.sent
  std::vector<std::string> text_;
  std::size_t time_ = 0;
  bool uses_math_ = false;
  bool modeless_ = false;  // the node at work
};

}  // namespace

std::vector<std::string> input_names(const Program& program) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < program.inputs.size(); ++i) names.push_back(slot_name(i));
  return names;
}

std::string_view method_name(ProgramRole role) {
  switch (role) {
    case ProgramRole::kTrain:
      return "network";
    case ProgramRole::kEval:
      return "evaluate";
    case ProgramRole::kLoss:
      return "loss_of";
    case ProgramRole::kTransform:
      return "transform";
    case ProgramRole::kEvalTransform:
      return "transform_in_evaluation";
    case ProgramRole::kMetric:
      return "metric_of";
  }
  return "";
}

PrintedProgram print_program(const Program& program, const std::vector<std::string>& tensor_names,
                             bool switch_modes, const std::vector<std::string>& received,
                             PyWriter& out) {
  return Printer(program, tensor_names, switch_modes, received, out).run();
}

std::string sent_name(std::size_t place) { return fmt::format("sent{}", place); }

}  // namespace amalgam
