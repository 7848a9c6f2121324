#include "job/subnetwork_py.h"

#include <fmt/format.h>

#include "formats/losses.h"
#include "graph/print.h"
#include "job/fields_py.h"
#include "job/loss_py.h"
#include "job/metric_py.h"

namespace amalgam {
namespace {

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
      : job_task_(task),
        shape_(task.shape),
        task_(task.network),
        model_(*task.network.model),
        loss_(loss_row(task.network.train.loss)),
        names_(sub.tensor_names) {}

  SubnetworkPy print() {
    out_.indent();
    print_init();
    if (has_transform(task_)) print_prepared(job_task_, out_);
    print_forward();
    for (const Program* program : model_.all_programs()) print_program_of(*program);
    print_target(job_task_, out_);
    print_loss(job_task_, out_);
    print_metric(job_task_, out_);
    return {out_.text(), uses_math_};
  }

 private:
  std::size_t target_count() const { return shape_.fields.size() - shape_.feature_count(); }

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
                      columns_name(t), t));
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
    const Value& taken = model_.train().values[model_.train().inputs.front().value];
    for (std::size_t d = 2; d < taken.shape.size(); ++d) view += ", 1";
    out_.assign(name, tensor_of(values));
    out_.line(fmt::format("{} = {}.view({})", name, name, view));
    out_.line(fmt::format("self.register_buffer(\"{}\", {}, persistent=False)", name, name));
  }

  void print_loss_weights() {
    for (const RecipeArgument& argument : loss_.arguments) {
      const auto found = task_.train.loss_arguments.find(std::string(argument.name));
      if (argument.kind != ArgumentKind::kWeights || found == task_.train.loss_arguments.end())
        continue;
      const std::string name = loss_weights_name(argument.name);
      out_.assign(name, tensor_of(std::get<std::vector<double>>(found->second)));
      out_.line(fmt::format("self.register_buffer(\"{}\", {}, persistent=False)", name, name));
    }
  }

  void print_forward() {
    out_.line("def forward(self, batch):");
    out_.indent();
    const std::vector<std::string> names = input_names(model_.train());
    const std::string targets = !task_.makes_targets()                  ? ""
                                : task_.in_training.targets.size() == 1 ? "target"
                                                                        : "targets";
    if (has_transform(task_)) print_unpacking(names, targets);
    for (std::size_t i = 0; i < names.size(); ++i) print_input(i, names[i]);
    const auto result_of = [&](ProgramRole role) {
      return fmt::format("return self.{}({}){}", method_name(role), fmt::join(names, ", "),
                         targets.empty() ? "" : ", " + targets);
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

  void print_unpacking(const std::vector<std::string>& names, const std::string& targets) {
    std::string left = fmt::format("{}", fmt::join(names, ", "));
    if (!targets.empty()) left += (targets == "targets" ? ", *" : ", ") + targets;
    if (names.size() == 1 && targets.empty()) left = "(" + left + ",)";
    out_.line(left + " = self.prepared(batch)");
  }

  void print_input(std::size_t input, const std::string& x) {
    if (!has_transform(task_)) {
      out_.line(fmt::format("{} = {}", x, selected(job_task_, input)));
      out_.line(fmt::format("{} = {}{}", x, x, viewed(task_.sample_shapes()[input])));
    }
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
    if (!is_taken_as(input, taken) || (input == 0 && task_.input.scales()))
      out_.line(fmt::format("{} = {}.to(torch.{})", x, x, dtype_name(taken)));
  }

  // Whether both flows bring the input in this dtype.
  bool is_taken_as(std::size_t input, DType taken) const {
    return input_dtype(shape_, task_, task_.in_training, input) == taken &&
           input_dtype(shape_, task_, task_.in_evaluation, input) == taken;
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

  // A program serves both modes where it is the only one; a transform belongs to one of them.
  bool switches_modes(const Program& program) const {
    if (program.role == ProgramRole::kLoss) return true;
    return model_.programs.size() == 1 && program.role == ProgramRole::kTrain;
  }

  void print_program_of(const Program& program) {
    out_.line(fmt::format("def {}(self, {}):", method_name(program.role),
                          fmt::join(input_names(program), ", ")));
    out_.indent();
    std::vector<std::string> received;
    for (std::size_t i = 0; i < program.received.size(); ++i)
      received.push_back(fmt::format("self.senders[{}].{}", i, sent_name(task_.receives[i].place)));
    const PrintedProgram printed =
        print_program(program, names_, switches_modes(program), received, out_);
    uses_math_ = uses_math_ || printed.uses_math;
    out_.dedent();
    out_.line();
  }

  const JobTask& job_task_;
  const TaskShape& shape_;
  const TaskNetwork& task_;
  const Model& model_;
  const LossRow& loss_;
  const std::vector<std::string>& names_;
  PyWriter out_;
  bool uses_math_ = false;
};

}  // namespace

SubnetworkPy subnetwork_py(const JobTask& task, const Subnetwork& sub) {
  return ClassPrinter(task, sub).print();
}

}  // namespace amalgam
