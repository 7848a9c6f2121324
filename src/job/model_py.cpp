#include "job/model_py.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "graph/print.h"

namespace amalgam {
namespace {

constexpr const char* kCrop = R"(def random_crop(x, padding):
    """Shifts each image of [N, C, H, W] by up to `padding` pixels, filling with zeros."""
    n, c, h, w = x.shape
    top = torch.randint(0, 2 * padding + 1, (n, 1), device=x.device)
    left = torch.randint(0, 2 * padding + 1, (n, 1), device=x.device)
    rows = top + torch.arange(h, device=x.device)
    columns = left + torch.arange(w, device=x.device)
    sample = torch.arange(n, device=x.device)[:, None, None, None]
    channel = torch.arange(c, device=x.device)[None, :, None, None]
    x = F.pad(x, (padding, padding, padding, padding))
    return x[sample, channel, rows[:, None, :, None], columns[:, None, None, :]])";

constexpr const char* kFlip = R"(def random_flip(x):
    """Mirrors each image of [N, C, H, W] left to right with probability 1/2."""
    flip = torch.rand(x.shape[0], device=x.device) < 0.5
    return torch.where(flip[:, None, None, None], x.flip(-1), x))";

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

// The code of one sub-network's class, without its name.
class ClassPrinter {
 public:
  ClassPrinter(const TaskShape& shape, const TaskNetwork& task, const Subnetwork& sub)
      : shape_(shape), task_(task), model_(*task.model), names_(sub.tensor_names) {}

  std::string print() {
    out_.indent();
    print_init();
    print_forward();
    print_network();
    print_target();
    print_loss();
    return out_.text();
  }
  bool uses_math() const { return uses_math_; }

 private:
  bool scaled() const {
    return task_.input.scale || !task_.input.mean.empty() || !task_.input.std.empty();
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
    for (std::size_t f = 0; f < shape_.features.size(); ++f)
      register_buffer(positions_name(f),
                      empty_tensor({DType::kInt64, {shape_.features[f].width}, nullptr}));
    if (shape_.targets)
      out_.line("self.register_buffer(\"columns\", torch.tensor(columns), persistent=False)");
    print_constant("mean", task_.input.mean);
    print_constant("std", task_.input.std);
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

  // One number for all, or one for each channel: the first dimension of the first input's samples.
  void print_constant(const char* name, const std::vector<double>& values) {
    if (values.empty()) return;
    std::vector<PyExpr> items;
    for (double value : values) items.push_back(PyExpr::atom(py_float(value)));
    std::string view = "-1";
    const Shape& shape = task_.sample_shapes[task_.field_of_input.front()];
    for (std::size_t d = 1; d < shape.size(); ++d) view += ", 1";
    PyExpr tensor = PyExpr::call("torch.tensor", {PyExpr::list(std::move(items))});
    out_.assign(name, tensor);
    out_.line(fmt::format("{} = {}.view({})", name, name, view));
    out_.line(fmt::format("self.register_buffer(\"{}\", {}, persistent=False)", name, name));
  }

  void print_forward() {
    out_.line("def forward(self, batch):");
    out_.indent();
    const std::vector<std::string> names = input_names(model_.train);
    for (std::size_t i = 0; i < names.size(); ++i) print_input(i, names[i]);
    const std::string arguments = fmt::format("{}", fmt::join(names, ", "));
    if (model_.eval) {
      out_.line("if not self.training:");
      out_.indent();
      out_.line("return self.evaluate(" + arguments + ")");
      out_.dedent();
    }
    out_.line("return self.network(" + arguments + ")");
    out_.dedent();
    out_.line();
  }

  void print_input(std::size_t input, const std::string& x) {
    const std::size_t field = task_.field_of_input[input];
    const DType dtype = shape_.features[field].dtype;
    out_.line(fmt::format("{} = batch[\"x.{}\"].index_select(1, self.{})", x, dtype_name(dtype),
                          positions_name(field)));
    out_.line(fmt::format("{} = {}.view({})", x, x, shape_arguments(task_.sample_shapes[field])));
    if (input == 0) print_augmentation(x);
    const DType taken = model_.train.values[model_.train.inputs[input].value].dtype;
    if (input == 0 && scaled()) {
      out_.line(fmt::format("{} = {}.to(torch.float32)", x, x));
      if (task_.input.scale)
        out_.line(fmt::format("{} = {}.div({})", x, x, py_float(*task_.input.scale)));
      if (!task_.input.mean.empty()) out_.line(fmt::format("{} = {}.sub(self.mean)", x, x));
      if (!task_.input.std.empty()) out_.line(fmt::format("{} = {}.div(self.std)", x, x));
      if (taken == DType::kFloat32) return;
    }
    if (taken != dtype || (input == 0 && scaled()))
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

  void print_network() {
    print_method("network", model_.train, task_.output, !model_.eval);
    if (model_.eval) print_method("evaluate", *model_.eval, task_.eval_output, false);
  }

  void print_method(const char* name, const Program& program, std::size_t output,
                    bool switch_modes) {
    out_.line(fmt::format("def {}(self, {}):", name, fmt::join(input_names(program), ", ")));
    out_.indent();
    std::vector<std::string> received;
    for (std::size_t i = 0; i < program.received.size(); ++i)
      received.push_back(fmt::format("self.senders[{}].{}", i, sent_name(task_.receives[i].place)));
    uses_math_ = print_program(program, output, names_, switch_modes, received, out_).uses_math ||
                 uses_math_;
    out_.dedent();
    out_.line();
  }

  // Columns of a field, as rows of tokens without the first.
  std::string next_of(std::size_t field) const {
    return fmt::format("batch[\"x.{}\"].index_select(1, self.{}).view({})[:, 1:]",
                       dtype_name(shape_.features[field].dtype), positions_name(field),
                       shape_arguments(task_.sample_shapes[field]));
  }

  void print_next_tokens() {
    const std::string tokens = next_of(task_.field_of_input.front()) + ".to(torch.int64)";
    if (!task_.mask_field) return out_.line("return " + tokens);
    out_.line("y = " + tokens);
    out_.line("mask = " + next_of(*task_.mask_field));
    out_.line("return y.masked_fill(mask == 0, -100)");
  }

  void print_target() {
    out_.line("def target(self, batch):");
    out_.indent();
    if (task_.train.loss == Loss::kNextToken) {
      print_next_tokens();
      out_.dedent();
      out_.line();
      return;
    }
    out_.line(fmt::format("y = batch[\"y.{}\"].index_select(1, self.columns)",
                          dtype_name(shape_.targets->dtype)));
    out_.line(task_.target_shape.empty()
                  ? "return y.view(-1)"
                  : fmt::format("return y.view({})", shape_arguments(task_.target_shape)));
    out_.dedent();
    out_.line();
  }

  void print_loss() {
    out_.line("def loss(self, output, batch):");
    out_.indent();
    switch (task_.train.loss) {
      case Loss::kNextToken:
      case Loss::kCrossEntropy: {
        std::vector<PyExpr> arguments = {PyExpr::atom("output"),
                                         PyExpr::atom("self.target(batch)")};
        const bool next = task_.train.loss == Loss::kNextToken;
        if (next || !task_.target_shape.empty())
          arguments = {
              PyExpr::atom(next ? "output[:, :-1].flatten(0, -2)" : "output.flatten(0, -2)"),
              PyExpr::atom("self.target(batch).flatten()")};
        if (task_.train.label_smoothing > 0)
          arguments.push_back(
              PyExpr::atom(py_float(task_.train.label_smoothing)).named("label_smoothing"));
        out_.assign("loss", PyExpr::call("F.cross_entropy", std::move(arguments)));
        break;
      }
      case Loss::kMse:
        out_.line("loss = F.mse_loss(output, self.target(batch).view(output.shape))");
        break;
      case Loss::kBceWithLogits:
        out_.line("target = self.target(batch).view(output.shape)");
        out_.line("loss = F.binary_cross_entropy_with_logits(output, target)");
        break;
    }
    out_.line("return loss");
    out_.dedent();
  }

  const TaskShape& shape_;
  const TaskNetwork& task_;
  const Model& model_;
  const std::vector<std::string>& names_;
  PyWriter out_;
  bool uses_math_ = false;
};

struct Classes {
  std::vector<std::string> bodies;  // distinct ones
  std::vector<std::size_t> of_subnetwork;
  bool uses_math = false, crops = false, flips = false;
};

Classes print_classes(const std::vector<TaskShape>& shapes, const std::vector<TaskNetwork>& tasks,
                      const std::vector<Subnetwork>& network) {
  Classes classes;
  for (const Subnetwork& sub : network) {
    const TaskNetwork& task = tasks[sub.task];
    ClassPrinter printer(shapes[sub.task], task, sub);
    std::string body = printer.print();
    classes.uses_math = classes.uses_math || printer.uses_math();
    classes.crops = classes.crops || task.input.random_crop > 0;
    classes.flips = classes.flips || task.input.horizontal_flip;
    const auto known = std::find(classes.bodies.begin(), classes.bodies.end(), body);
    classes.of_subnetwork.push_back(static_cast<std::size_t>(known - classes.bodies.begin()));
    if (known == classes.bodies.end()) classes.bodies.push_back(std::move(body));
  }
  return classes;
}

// "(self.subnetworks[0], self.subnetworks[2])"
PyExpr senders_of(const TaskNetwork& task) {
  std::string text;
  for (const TaskNetwork::Sender& sender : task.receives)
    text += fmt::format("self.subnetworks[{}], ", sender.subnetwork);
  text.resize(text.size() - (task.receives.size() > 1 ? 2 : 1));
  return PyExpr::atom("(" + text + ")");
}

void print_network_class(const Plan& plan, const std::vector<TaskNetwork>& tasks,
                         const Classes& classes, PyWriter& out) {
  out.line("class Network(nn.Module):");
  out.indent();
  out.line("\"\"\"All sub-networks, in order; a batch is a dict of the shards' tensors.\"\"\"");
  out.line();
  out.line("def __init__(self):");
  out.indent();
  out.line("super().__init__()");
  std::vector<PyExpr> members;
  for (std::size_t k = 0; k < plan.streams.size(); ++k) {
    std::vector<PyExpr> columns;
    for (std::uint64_t column : plan.streams[k].targets)
      columns.push_back(PyExpr::atom(std::to_string(column)));
    std::vector<PyExpr> arguments = {PyExpr::list(std::move(columns))};
    const TaskNetwork& task = tasks[plan.streams[k].task];
    if (!task.receives.empty()) arguments.push_back(senders_of(task));
    members.push_back(
        PyExpr::call(fmt::format("Subnetwork{}", classes.of_subnetwork[k]), std::move(arguments)));
  }
  out.line("self.subnetworks = nn.ModuleList()");
  for (const PyExpr& member : members) {
    out.assign("", PyExpr::call("self.subnetworks.append", {member}));
  }
  out.dedent();
  out.line();
  out.line("def forward(self, batch):");
  out.line("    return [subnetwork(batch) for subnetwork in self.subnetworks]");
  out.line();
  out.line("def losses(self, outputs, batch):");
  out.indent();
  out.line("pairs = zip(self.subnetworks, outputs, strict=True)");
  out.line("return torch.stack([s.loss(output, batch) for s, output in pairs])");
  out.dedent();
  out.dedent();
}

}  // namespace

std::string model_py(const Plan& plan, const std::vector<TaskShape>& shapes,
                     const std::vector<TaskNetwork>& tasks,
                     const std::vector<Subnetwork>& network) {
  const Classes classes = print_classes(shapes, tasks, network);
  PyWriter out;
  out.line(
      "\"\"\"The augmented model: sub-networks that each read their own view of a batch.\"\"\"");
  out.line();
  if (classes.uses_math) {
    out.line("import math");
    out.line();
  }
  out.line("import torch");
  out.line("import torch.nn.functional as F");
  out.line("from safetensors.torch import load_file");
  out.line("from torch import nn");
  for (const char* helper : {classes.crops ? kCrop : nullptr, classes.flips ? kFlip : nullptr}) {
    if (!helper) continue;
    out.line();
    out.line();
    out.line(helper);
  }
  std::string text = out.text();
  for (std::size_t c = 0; c < classes.bodies.size(); ++c)
    text += fmt::format("\n\nclass Subnetwork{}(nn.Module):\n{}", c, classes.bodies[c]);
  PyWriter tail;
  tail.line();
  tail.line();
  print_network_class(plan, tasks, classes, tail);
  tail.line();
  tail.line();
  tail.line("def load(path):");
  tail.line("    \"\"\"The network with the values of a safetensors file.\"\"\"");
  tail.line("    network = Network()");
  tail.line("    network.load_state_dict(load_file(path))");
  tail.line("    return network");
  return text + tail.text();
}

}  // namespace amalgam
