#include "job/loss_py.h"

#include <fmt/format.h>

#include "formats/losses.h"
#include "graph/print.h"
#include "job/fields_py.h"
#include "weave/network.h"

namespace amalgam {
namespace {

using From = Source::From;

class LossPrinter {
 public:
  LossPrinter(const JobTask& task, PyWriter& out)
      : job_task_(task), task_(task.network), loss_(loss_row(task.network.train.loss)), out_(out) {}

  void print_target() {
    const auto& targets = task_.in_evaluation.targets;
    const bool own = loss_.targets == TargetKind::kOwnTokens;
    if (!own && (targets.empty() || task_.makes_targets())) return;
    out_.line("def target(self, batch):");
    out_.indent();
    if (own)
      print_next_tokens();
    else
      print_targets();
    out_.dedent();
    out_.line();
  }

  void print_loss() {
    out_.line("def loss(self, output, batch):");
    out_.indent();
    if (loss_.targets == TargetKind::kModels) {
      out_.line("return output");
    } else if (loss_.targets == TargetKind::kProgram) {
      print_unpacking(task_, out_);
      out_.assign("loss", PyExpr::call(fmt::format("self.{}", method_name(ProgramRole::kLoss)),
                                       program_arguments(task_, ProgramRole::kLoss)));
      out_.line("return loss");
    } else {
      print_function();
    }
    out_.dedent();
  }

 private:
  // A field as rows of tokens without the first.
  std::string next_of(std::size_t field) const {
    return selected(job_task_, field) + viewed(task_.sample_shapes()[field]) + "[:, 1:]";
  }

  void print_next_tokens() {
    const std::string tokens = next_of(0) + ".to(torch.int64)";
    if (!task_.mask_field) return out_.line("return " + tokens);
    out_.line("y = " + tokens);
    out_.line("mask = " + next_of(*task_.mask_field));
    out_.line("return y.masked_fill(mask == 0, -100)");
  }

  void print_targets() {
    std::vector<PyExpr> all;
    for (std::size_t t = 0; t < task_.in_evaluation.targets.size(); ++t) {
      const std::string name = t == 0 ? "y" : fmt::format("y{}", t);
      const auto [first, more] = target_of(job_task_, task_.in_evaluation, t);
      if (!has_several()) {
        out_.line("y = " + first);
        return out_.line("return y" + more);
      }
      print_in_steps(name, first, more, out_);
      all.push_back(PyExpr::atom(name));
    }
    out_.assign("targets", PyExpr::list(std::move(all)));
    out_.line("return targets");
  }

  bool has_several() const { return task_.in_training.targets.size() > 1; }

  // As many as the output, in its shape.
  bool compares_values() const {
    return loss_.targets == TargetKind::kValues || loss_.targets == TargetKind::kClassLists;
  }

  std::string target() const { return task_.makes_targets() ? "target" : "self.target(batch)"; }

  // Whether class numbers come, in either mode.
  bool takes_numbers() const {
    return task_.in_training.class_numbers || task_.in_evaluation.class_numbers;
  }

  // What the loss function takes: the output, and what it is compared with.
  std::vector<PyExpr> compared() const {
    if (compares_values()) return {PyExpr::atom("output"), PyExpr::atom("target")};
    if (loss_.targets == TargetKind::kOwnTokens)
      return {PyExpr::atom("output[:, :-1].flatten(0, -2)"),
              PyExpr::atom("self.target(batch).flatten()")};
    if (!task_.classes_last) return {PyExpr::atom("output"), PyExpr::atom(target())};
    return {PyExpr::atom("output.flatten(0, -2)"),
            PyExpr::atom(fmt::format("{}.flatten({})", target(), takes_numbers() ? "" : "0, -2"))};
  }

  void print_function() {
    if (task_.makes_targets()) out_.line("output, target = output");
    if (!task_.model->train().more_results.empty()) out_.line("output = output[0]");
    if (compares_values()) out_.line(fmt::format("target = {}.view(output.shape)", target()));
    std::vector<PyExpr> arguments = compared();
    for (PyExpr& argument : loss_arguments()) arguments.push_back(std::move(argument));
    out_.assign("loss", PyExpr::call(fmt::format("F.{}", loss_.function), std::move(arguments)));
    out_.line("return loss");
  }

  // The recipe's, where it gives them; one value after another, in PyTorch's order.
  std::vector<PyExpr> loss_arguments() const {
    std::vector<PyExpr> out;
    for (const RecipeArgument& argument : loss_.arguments) {
      const auto found = task_.train.loss_arguments.find(std::string(argument.name));
      if (found == task_.train.loss_arguments.end()) continue;
      if (argument.name == "ignore_index" && !takes_numbers()) continue;
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
        return "self." + loss_weights_name(argument.name);
      case kWord:
      case kPair:
      case kWholes:
        break;
    }
    return fmt::format("\"{}\"", std::get<std::string>(setting));
  }

  const JobTask& job_task_;
  const TaskNetwork& task_;
  const LossRow& loss_;
  PyWriter& out_;
};

// Whether both flows have this target in this dtype.
bool is_taken_as(const TaskNetwork& task, std::size_t target, DType taken) {
  return task.in_training.targets[target].dtype == taken &&
         task.in_evaluation.targets[target].dtype == taken;
}

}  // namespace

void print_unpacking(const TaskNetwork& task, PyWriter& out) {
  if (task.in_training.targets.empty()) return;
  const char* name = task.in_training.targets.size() > 1 ? "targets" : "target";
  if (task.makes_targets())
    out.line(fmt::format("output, {} = output", name));
  else
    out.line(fmt::format("{} = self.target(batch)", name));
}

std::vector<PyExpr> program_arguments(const TaskNetwork& task, ProgramRole role) {
  const Program& program = *task.model->find(role);
  const auto& sources = role == ProgramRole::kLoss ? task.loss_inputs : task.metric_inputs;
  const bool outputs = !task.model->train().more_results.empty();
  const bool targets = task.in_training.targets.size() > 1;
  std::vector<PyExpr> arguments;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const bool output = sources[i].from == From::kOutput;
    std::string text = output ? "output" : (targets ? "targets" : "target");
    if (output ? outputs : targets) text += fmt::format("[{}]", sources[i].index);
    const DType taken = program.values[program.inputs[i].value].dtype;
    if (!output && !is_taken_as(task, sources[i].index, taken))
      text += fmt::format(".to(torch.{})", dtype_name(taken));
    arguments.push_back(PyExpr::atom(std::move(text)));
  }
  return arguments;
}

std::string loss_weights_name(std::string_view argument) {
  return fmt::format("loss_{}", argument);
}

void print_target(const JobTask& task, PyWriter& out) { LossPrinter(task, out).print_target(); }
void print_loss(const JobTask& task, PyWriter& out) { LossPrinter(task, out).print_loss(); }

}  // namespace amalgam
