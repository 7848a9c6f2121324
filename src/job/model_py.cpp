#include "job/model_py.h"

#include <fmt/format.h>

#include <algorithm>

#include "graph/python_text.h"
#include "job/subnetwork_py.h"

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

struct Classes {
  std::vector<std::string> bodies;  // distinct ones
  std::vector<std::size_t> of_subnetwork;
  bool uses_math = false, crops = false, flips = false;
};

Classes print_classes(const Weave& weave) {
  Classes classes;
  for (const Subnetwork& sub : weave.subnetworks) {
    const JobTask& task = weave.tasks[sub.task];
    auto [body, uses_math] = subnetwork_py(task, sub);
    classes.uses_math = classes.uses_math || uses_math;
    classes.crops = classes.crops || task.network.input.random_crop > 0;
    classes.flips = classes.flips || task.network.input.horizontal_flip;
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

// [[3, 1], [2]]: of each target of a stream.
PyExpr target_columns(const JobTask& task, const Stream& stream) {
  std::vector<PyExpr> targets;
  for (std::size_t f = task.shape.feature_count(); f < stream.fields.size(); ++f) {
    std::vector<PyExpr> columns;
    for (const std::uint64_t column : stream.fields[f].positions)
      columns.push_back(PyExpr::atom(std::to_string(column)));
    targets.push_back(PyExpr::list(std::move(columns)));
  }
  return PyExpr::list(std::move(targets));
}

void print_network_class(const Weave& weave, const Classes& classes, PyWriter& out) {
  out.line("class Network(nn.Module):");
  out.indent();
  out.line("\"\"\"All sub-networks, in order; a batch is a dict of the shards' tensors.\"\"\"");
  out.line();
  out.line("def __init__(self):");
  out.indent();
  out.line("super().__init__()");
  std::vector<PyExpr> members;
  for (std::size_t k = 0; k < weave.plan.streams.size(); ++k) {
    const Stream& stream = weave.plan.streams[k];
    const JobTask& task = weave.tasks[stream.task];
    std::vector<PyExpr> arguments = {target_columns(task, stream)};
    if (!task.network.receives.empty()) arguments.push_back(senders_of(task.network));
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

std::string model_py(const Weave& weave) {
  const Classes classes = print_classes(weave);
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
  print_network_class(weave, classes, tail);
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
