#include "job/metric_py.h"

#include <fmt/format.h>

#include "amalgam/model.h"
#include "formats/losses.h"
#include "formats/metrics.h"
#include "graph/print.h"
#include "job/loss_py.h"

namespace amalgam {
namespace {

using enum MetricKind;

class MetricPrinter {
 public:
  MetricPrinter(const JobTask& task, PyWriter& out)
      : task_(task.network),
        row_(metric_row(metric_of(task.network))),
        loss_(loss_row(task.network.train.loss)),
        out_(out) {}

  void print() {
    out_.line();
    out_.line("def metric(self, output, batch):");
    out_.indent();
    if (!is_measured_in_training()) {
      out_.line("if self.training:  # which compares with something else");
      out_.indent();
      out_.line("return None");
      out_.dedent();
    }
    if (row_.kind == kProgram) {
      print_unpacking(task_, out_);
      out_.assign("found", PyExpr::call(fmt::format("self.{}", method_name(ProgramRole::kMetric)),
                                        program_arguments(task_, ProgramRole::kMetric)));
      out_.line("return found");
    } else {
      print_scores();
      print_counts();
    }
    out_.dedent();
  }

 private:
  bool own_tokens() const { return loss_.targets == TargetKind::kOwnTokens; }

  bool is_measured_in_training() const {
    return row_.kind == kProgram ? task_.metric_in_training : task_.in_training.class_numbers;
  }

  // "output" and "target", as the loss compares them.
  void print_scores() {
    if (own_tokens()) {
      out_.line("output = output[:, :-1].flatten(0, -2)");
      return out_.line("target = self.target(batch).flatten()");
    }
    print_unpacking(task_, out_);
    if (!task_.model->train().more_results.empty()) out_.line("output = output[0]");
    if (loss_.targets == TargetKind::kProgram &&
        task_.in_evaluation.targets.front().dtype != DType::kInt64)
      out_.line("target = target.to(torch.int64)");
    if (loss_.targets == TargetKind::kValues) out_.line("target = target.view(output.shape)");
  }

  // Of several dimensions the one that holds the classes.
  int dimension() const {
    if (own_tokens() || task_.classes_last) return -1;
    const auto& targets = task_.in_evaluation.targets;
    return !targets.empty() && !targets.front().shape.empty() ? 1 : -1;
  }

  // Which targets count; nothing where all do.
  std::optional<std::int64_t> ignored() const {
    if (own_tokens() || loss_.targets == TargetKind::kProgram) return -100;
    const bool given = task_.train.loss_arguments.contains("ignore_index");
    const bool made = task_.makes_targets() && loss_.targets == TargetKind::kClasses;
    return given || made ? ignored_class(task_.train) : std::nullopt;
  }

  void print_counts() {
    switch (row_.kind) {
      case kAccuracy:
        return print_hits(fmt::format("output.argmax({}) == target", dimension()));
      case kTop:
        out_.line(fmt::format("best = output.topk({}, {}).indices", *top_of(metric_of(task_)),
                              dimension()));
        return print_hits(
            fmt::format("(best == target.unsqueeze({})).any({})", dimension(), dimension()));
      case kMeanIou:
      case kF1:
        return loss_.targets == TargetKind::kValues ? print_labels() : print_classes();
      case kPerplexity:
        return print_likelihood();
      case kLoss:
      case kProgram:
        break;
    }
  }

  void print_hits(const std::string& hits) {
    if (const auto other = ignored()) {
      out_.line(fmt::format("counts = target != {}", *other));
      out_.line(fmt::format("return (({}) & counts).sum(), counts.sum()", hits));
    } else {
      out_.line(fmt::format("return ({}).sum(), target.numel()", hits));
    }
  }

  // Of each class: how often it is found where it is, and how often it is found or there.
  void print_classes() {
    out_.line(fmt::format("classes = output.shape[{}]", dimension()));
    out_.line(fmt::format("best = output.argmax({}).flatten()", dimension()));
    out_.line("target = target.flatten()");
    if (const auto other = ignored()) {
      out_.line(fmt::format("counts = target != {}", *other));
      out_.line("best, target = best[counts], target[counts]");
    }
    out_.line("hits = torch.bincount(target[best == target], minlength=classes)");
    out_.line("found = torch.bincount(best, minlength=classes)");
    out_.line("there = torch.bincount(target, minlength=classes)");
    out_.line(row_.kind == kF1 ? "return 2 * hits, found + there"
                               : "return hits, found + there - hits");
  }

  // Of each value of a row.
  void print_labels() {
    out_.line(fmt::format("found = output.flatten(1) > {}", loss_.name == "bce" ? "0.5" : "0"));
    out_.line("there = target.flatten(1) > 0.5");
    out_.line("hits = (found & there).sum(0)");
    out_.line("return 2 * hits, found.sum(0) + there.sum(0)");
  }

  void print_likelihood() {
    const std::int64_t other = ignored().value_or(-100);
    if (task_.classes_last) {
      out_.line("output = output.flatten(0, -2)");
      out_.line("target = target.flatten()");
    }
    std::vector<PyExpr> arguments = {PyExpr::atom("output.float()"), PyExpr::atom("target")};
    if (other != -100)
      arguments.push_back(PyExpr::atom(std::to_string(other)).named("ignore_index"));
    arguments.push_back(PyExpr::atom("\"sum\"").named("reduction"));
    out_.assign("nats", PyExpr::call("F.cross_entropy", std::move(arguments)));
    out_.line(fmt::format("return nats, (target != {}).sum()", other));
  }

  const TaskNetwork& task_;
  const MetricRow& row_;
  const LossRow& loss_;
  PyWriter& out_;
};

}  // namespace

void print_metric(const JobTask& task, PyWriter& out) {
  if (!metric_of(task.network).empty()) MetricPrinter(task, out).print();
}

std::string metric_of(const TaskNetwork& task) {
  if (metric_row(task.train.metric).kind != kLoss) return task.train.metric;
  return task.in_evaluation.class_numbers ? std::string(loss_row(task.train.loss).metric) : "";
}

}  // namespace amalgam
