#include "job/subnetwork_py.h"

#include <fmt/format.h>

#include "formats/losses.h"
#include "graph/print.h"

namespace amalgam {
namespace {

std::string shape_arguments(const Shape& shape) {
  std::string text = "-1";
  for (std::uint64_t size : shape) text += fmt::format(", {}", size);
  return text;
}

PyExpr tuple_of(const Shape& numbers) {
  return PyExpr::atom(fmt::format("({})", fmt::join(numbers, ", ")));
}

// In the user's order of memory.
PyExpr empty_strided(const ModelTensor& own) {
  Shape strides(own.tensor.shape.size());
  std::uint64_t dense = 1;
  for (std::size_t i = own.order.size(); i-- > 0;) {
    strides[own.order[i]] = dense;
    dense *= own.tensor.shape[own.order[i]];
  }
  std::vector<PyExpr> arguments = {tuple_of(own.tensor.shape), tuple_of(strides)};
  if (own.tensor.dtype != DType::kFloat32)
    arguments.push_back(
        PyExpr::atom("torch." + std::string(dtype_name(own.tensor.dtype))).named("dtype"));
  return PyExpr::call("torch.empty_strided", std::move(arguments));
}

PyExpr empty_tensor(const Tensor& tensor) {
  std::vector<PyExpr> sizes;
  for (std::uint64_t size : tensor.shape) sizes.push_back(PyExpr::atom(std::to_string(size)));
  if (sizes.empty()) sizes.push_back(PyExpr::atom("()"));
  if (tensor.dtype != DType::kFloat32)
    sizes.push_back(PyExpr::atom("torch." + std::string(dtype_name(tensor.dtype))).named("dtype"));
  return PyExpr::call("torch.empty", std::move(sizes));
}

class ClassPrinter {
 public:
  ClassPrinter(const JobTask& task, const Subnetwork& sub)
      : shape_(task.shape),
        task_(task.network),
        model_(*task.network.model),
        loss_(loss_row(task.network.train.loss)),
        names_(sub.tensor_names) {}

  SubnetworkPy print() {
    out_.indent();
    print_init();
    print_forward();
    for (const Program& program : model_.programs) print_program_of(program);
    if (loss_.targets != TargetKind::kModels) print_target();
    print_loss();
    if (!metric_of(task_).empty()) print_metric();
    return {out_.text(), uses_math_};
  }

 private:
  std::size_t target_count() const { return shape_.fields.size() - shape_.feature_count(); }
  // The buffer of a target's columns.
  static std::string columns(std::size_t target) {
    return target == 0 ? "columns" : fmt::format("columns{}", target);
  }

  void print_init() {
    const bool receives = !task_.receives.empty();
    out_.line(receives ? "def __init__(self, columns, senders):" : "def __init__(self, columns):");
    out_.indent();
    out_.line("super().__init__()");
    if (receives) {
      out_.line("# A tuple, so that their parameters stay their own; they run before this one.");
      out_.line("self.senders = senders");
    }
    for (std::size_t f = 0; f < shape_.feature_count(); ++f)
      register_buffer(positions_name(f),
                      empty_tensor({DType::kInt64, {shape_.fields[f].width}, nullptr}));
    for (std::size_t t = 0; t < target_count(); ++t)
      out_.line(
          fmt::format("self.register_buffer(\"{}\", torch.tensor(columns[{}]), persistent=False)",
                      columns(t), t));
    print_constant("mean", task_.input.mean);
    print_constant("std", task_.input.std);
    print_loss_weights();
    for (std::size_t i = 0; i < names_.size(); ++i) {
      const ModelTensor& tensor = model_.tensors[i];
      if (tensor.kind != ModelTensor::Kind::kParameter) {
        register_buffer(names_[i], empty(tensor));
        continue;
      }
      std::vector<PyExpr> arguments = {empty(tensor)};
      if (!tensor.trainable) arguments.push_back(PyExpr::atom("False").named("requires_grad"));
      out_.assign("self." + names_[i], PyExpr::call("nn.Parameter", std::move(arguments)));
    }
    out_.dedent();
    out_.line();
  }

  static PyExpr empty(const ModelTensor& tensor) {
    return tensor.order.empty() ? empty_tensor(tensor.tensor) : empty_strided(tensor);
  }

  void register_buffer(const std::string& name, PyExpr value) {
    out_.assign("", PyExpr::call("self.register_buffer",
                                 {PyExpr::atom("\"" + name + "\""), std::move(value)}));
  }

  static PyExpr tensor_of(const std::vector<double>& values) {
    std::vector<PyExpr> items;
    for (const double value : values) items.push_back(PyExpr::atom(py_float(value)));
    return PyExpr::call("torch.tensor", {PyExpr::list(std::move(items))});
  }

  // One number for all, or one for each channel: the first dimension of the first input's samples.
  void print_constant(const char* name, const std::vector<double>& values) {
    if (values.empty()) return;
    std::string view = "-1";
    const Shape& shape = task_.sample_shapes.front();
    for (std::size_t d = 1; d < shape.size(); ++d) view += ", 1";
    out_.assign(name, tensor_of(values));
    out_.line(fmt::format("{} = {}.view({})", name, name, view));
    out_.line(fmt::format("self.register_buffer(\"{}\", {}, persistent=False)", name, name));
  }

  // The buffer of a loss's tensor.
  static std::string weights_name(std::string_view argument) {
    return fmt::format("loss_{}", argument);
  }

  void print_loss_weights() {
    for (const RecipeArgument& argument : loss_.arguments) {
      const auto found = task_.train.loss_arguments.find(std::string(argument.name));
      if (argument.kind != ArgumentKind::kWeights || found == task_.train.loss_arguments.end())
        continue;
      const std::string name = weights_name(argument.name);
      out_.assign(name, tensor_of(std::get<std::vector<double>>(found->second)));
      out_.line(fmt::format("self.register_buffer(\"{}\", {}, persistent=False)", name, name));
    }
  }

  void print_forward() {
    out_.line("def forward(self, batch):");
    out_.indent();
    const std::vector<std::string> names = input_names(model_.train());
    for (std::size_t i = 0; i < names.size(); ++i) print_input(i, names[i]);
    const auto result_of = [&](ProgramRole role) {
      return fmt::format("return self.{}({})", method_name(role), fmt::join(names, ", "));
    };
    if (model_.find(ProgramRole::kEval)) {
      out_.line("if not self.training:");
      out_.indent();
      out_.line(result_of(ProgramRole::kEval));
      out_.dedent();
    }
    out_.line(result_of(ProgramRole::kTrain));
    out_.dedent();
    out_.line();
  }

  // The columns of a field, one sample a row.
  std::string selected(std::size_t field) const {
    const std::size_t features = shape_.feature_count();
    return fmt::format("batch[\"{}\"].index_select(1, self.{})",
                       shape_.fields[field].group().name(),
                       field < features ? positions_name(field) : columns(field - features));
  }
  std::string view_of(std::size_t field) const {
    return fmt::format(".view({})", shape_arguments(task_.sample_shapes[field]));
  }

  void print_input(std::size_t input, const std::string& x) {
    const DType dtype = shape_.fields[input].dtype;
    out_.line(fmt::format("{} = {}", x, selected(input)));
    out_.line(fmt::format("{} = {}{}", x, x, view_of(input)));
    if (input == 0) print_augmentation(x);
    const DType taken = model_.train().values[model_.train().inputs[input].value].dtype;
    if (input == 0 && task_.input.scales()) {
      out_.line(fmt::format("{} = {}.to(torch.float32)", x, x));
      if (task_.input.scale)
        out_.line(fmt::format("{} = {}.div({})", x, x, py_float(*task_.input.scale)));
      if (!task_.input.mean.empty()) out_.line(fmt::format("{} = {}.sub(self.mean)", x, x));
      if (!task_.input.std.empty()) out_.line(fmt::format("{} = {}.div(self.std)", x, x));
      if (taken == DType::kFloat32) return;
    }
    if (taken != dtype || (input == 0 && task_.input.scales()))
      out_.line(fmt::format("{} = {}.to(torch.{})", x, x, dtype_name(taken)));
  }

  void print_augmentation(const std::string& x) {
    if (task_.input.random_crop == 0 && !task_.input.horizontal_flip) return;
    out_.line("if self.training:");
    out_.indent();
    if (task_.input.random_crop > 0)
      out_.line(fmt::format("{} = random_crop({}, {})", x, x, task_.input.random_crop));
    if (task_.input.horizontal_flip) out_.line(fmt::format("{} = random_flip({})", x, x));
    out_.dedent();
  }

  // A program serves both modes where it is the only one.
  void print_program_of(const Program& program) {
    out_.line(fmt::format("def {}(self, {}):", method_name(program.role),
                          fmt::join(input_names(program), ", ")));
    out_.indent();
    std::vector<std::string> received;
    for (std::size_t i = 0; i < program.received.size(); ++i)
      received.push_back(fmt::format("self.senders[{}].{}", i, sent_name(task_.receives[i].place)));
    const PrintedProgram printed =
        print_program(program, names_, model_.programs.size() == 1, received, out_);
    uses_math_ = uses_math_ || printed.uses_math;
    out_.dedent();
    out_.line();
  }

  // A field as rows of tokens without the first.
  std::string next_of(std::size_t field) const {
    return selected(field) + view_of(field) + "[:, 1:]";
  }

  void print_next_tokens() {
    const std::string tokens = next_of(0) + ".to(torch.int64)";
    if (!task_.mask_field) return out_.line("return " + tokens);
    out_.line("y = " + tokens);
    out_.line("mask = " + next_of(*task_.mask_field));
    out_.line("return y.masked_fill(mask == 0, -100)");
  }

  void print_target() {
    out_.line("def target(self, batch):");
    out_.indent();
    if (loss_.targets == TargetKind::kOwnTokens) {
      print_next_tokens();
    } else {
      const std::size_t field = shape_.feature_count();
      out_.line("y = " + selected(field));
      const bool bytes = shape_.fields[field].dtype == DType::kUInt8;  // of a mask
      out_.line("return y" + view_of(field) + (bytes ? ".to(torch.int64)" : ""));
    }
    out_.dedent();
    out_.line();
  }

  // As many as the output, in its shape.
  bool compares_values() const {
    return loss_.targets == TargetKind::kValues || loss_.targets == TargetKind::kClassLists;
  }

  // What the loss function takes: the output, and what it is compared with.
  std::vector<PyExpr> compared() const {
    if (compares_values()) return {PyExpr::atom("output"), PyExpr::atom("target")};
    if (loss_.targets == TargetKind::kOwnTokens)
      return {PyExpr::atom("output[:, :-1].flatten(0, -2)"),
              PyExpr::atom("self.target(batch).flatten()")};
    if (!task_.classes_last) return {PyExpr::atom("output"), PyExpr::atom("self.target(batch)")};
    return {PyExpr::atom("output.flatten(0, -2)"),
            PyExpr::atom(
                fmt::format("self.target(batch).flatten({})", task_.class_numbers ? "" : "0, -2"))};
  }

  // The recipe's, where it gives them; one value after another, in PyTorch's order.
  std::vector<PyExpr> loss_arguments() const {
    std::vector<PyExpr> out;
    for (const RecipeArgument& argument : loss_.arguments) {
      const auto found = task_.train.loss_arguments.find(std::string(argument.name));
      if (found == task_.train.loss_arguments.end()) continue;
      if (argument.name == "ignore_index" && !task_.class_numbers) continue;
      out.push_back(
          PyExpr::atom(argument_text(argument, found->second)).named(std::string(argument.name)));
    }
    return out;
  }

  static std::string argument_text(const RecipeArgument& argument, const Setting& setting) {
    using enum ArgumentKind;
    switch (argument.kind) {
      case kNumber:
        return py_float(std::get<double>(setting));
      case kWhole:
        return std::to_string(static_cast<std::int64_t>(std::get<double>(setting)));
      case kFlag:
        return std::get<bool>(setting) ? "True" : "False";
      case kWeights:
        return "self." + weights_name(argument.name);
      case kWord:
      case kPair:
      case kWholes:
        break;
    }
    return fmt::format("\"{}\"", std::get<std::string>(setting));
  }

  void print_loss() {
    out_.line("def loss(self, output, batch):");
    out_.indent();
    if (loss_.targets == TargetKind::kModels) {
      out_.line("return output");
      out_.dedent();
      return;
    }
    if (compares_values()) out_.line("target = self.target(batch).view(output.shape)");
    std::vector<PyExpr> arguments = compared();
    for (PyExpr& argument : loss_arguments()) arguments.push_back(std::move(argument));
    out_.assign("loss", PyExpr::call(fmt::format("F.{}", loss_.function), std::move(arguments)));
    out_.line("return loss");
    out_.dedent();
  }

  // A numerator and a denominator, which are summed over batches.
  void print_metric() {
    out_.line();
    out_.line("def metric(self, output, batch):");
    out_.indent();
    out_.line("target = self.target(batch)");
    const bool first = !task_.classes_last && !task_.sample_shapes.back().empty();
    const std::string hits = fmt::format("output.argmax({}) == target", first ? 1 : -1);
    if (task_.train.loss_arguments.contains("ignore_index")) {
      out_.line(fmt::format("counts = target != {}", *ignored_class(task_.train)));
      out_.line(fmt::format("return (({}) & counts).sum(), counts.sum()", hits));
    } else {
      out_.line(fmt::format("return ({}).sum(), target.numel()", hits));
    }
    out_.dedent();
  }

  const TaskShape& shape_;
  const TaskNetwork& task_;
  const Model& model_;
  const LossRow& loss_;
  const std::vector<std::string>& names_;
  PyWriter out_;
  bool uses_math_ = false;
};

}  // namespace

std::string_view metric_of(const TaskNetwork& task) {
  return task.class_numbers ? loss_row(task.train.loss).metric : "";
}

SubnetworkPy subnetwork_py(const JobTask& task, const Subnetwork& sub) {
  return ClassPrinter(task, sub).print();
}

}  // namespace amalgam
