#include "job/fields_py.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <set>

#include "formats/losses.h"
#include "graph/print.h"
#include "weave/network.h"

namespace amalgam {
namespace {

using From = Source::From;

// What a loss of classes takes a target as; nothing where it is taken as it is. A program's own
// inputs say what they take where it is called.
std::optional<DType> cast_of(const TaskNetwork& network, const Target& target) {
  const bool numbers = loss_row(network.train.loss).targets == TargetKind::kClasses;
  if (!numbers || is_floating(target.dtype) || target.dtype == DType::kInt64) return std::nullopt;
  return DType::kInt64;
}

// One mode's part of prepared().
class FlowPrinter {
 public:
  FlowPrinter(const JobTask& task, const Flow& flow, PyWriter& out)
      : task_(task), flow_(flow), out_(out) {}

  void print() {
    std::set<std::size_t> fields(flow_.taken.begin(), flow_.taken.end());
    for (const Source& source : flow_.inputs)
      if (source.from == From::kField) fields.insert(source.index);
    for (const std::size_t f : fields)
      print_in_steps(field(f), selected(task_, f), viewed(flow_.shapes[f]), out_);
    if (flow_.transform) print_call();
    std::vector<PyExpr> results;
    for (const Source& source : flow_.inputs) results.push_back(PyExpr::atom(name(source)));
    if (task_.network.makes_targets())
      for (std::size_t t = 0; t < flow_.targets.size(); ++t) {
        const std::string target = fmt::format("target{}", t);
        const auto [first, more] = target_of(task_, flow_, t, name(flow_.targets[t].source));
        print_in_steps(target, first, more, out_);
        results.push_back(PyExpr::atom(target));
      }
    out_.assign("results", PyExpr::list(std::move(results)));
    out_.line("return results");
  }

 private:
  static std::string field(std::size_t f) { return fmt::format("field{}", f); }

  static std::string name(const Source& source) {
    return source.from == From::kField ? field(source.index)
                                       : fmt::format("made[{}]", source.index);
  }

  void print_call() {
    std::vector<PyExpr> arguments;
    for (const std::size_t f : flow_.taken) arguments.push_back(PyExpr::atom(field(f)));
    const PyExpr call =
        PyExpr::call(fmt::format("self.{}", method_name(*flow_.transform)), std::move(arguments));
    out_.assign("made", flow_.given.size() == 1 ? PyExpr::list({call}) : call);
  }

  const JobTask& task_;
  const Flow& flow_;
  PyWriter& out_;
};

}  // namespace

std::string columns_name(std::size_t target) {
  return target == 0 ? "columns" : fmt::format("columns{}", target);
}

std::string viewed(const Shape& sample) {
  std::string text = "-1";
  for (const std::uint64_t size : sample) text += fmt::format(", {}", size);
  return fmt::format(".view({})", text);
}

std::string selected(const JobTask& task, std::size_t field) {
  const std::size_t features = task.shape.feature_count();
  return fmt::format("batch[\"{}\"].index_select(1, self.{})",
                     task.shape.fields[field].group().name(),
                     field < features ? positions_name(field) : columns_name(field - features));
}

bool has_transform(const TaskNetwork& network) {
  return network.in_training.transform || network.in_evaluation.transform;
}

std::pair<std::string, std::string> target_of(const JobTask& task, const Flow& flow, std::size_t t,
                                              const std::string& made) {
  const Target& target = flow.targets[t];
  const bool stored = target.source.from == From::kField;
  std::string more = stored ? viewed(target.shape) : "";
  if (const auto cast = cast_of(task.network, target))
    more += fmt::format(".to(torch.{})", dtype_name(*cast));
  return {stored ? selected(task, target.source.index) : made, std::move(more)};
}

void print_in_steps(const std::string& name, const std::string& expression, const std::string& more,
                    PyWriter& out) {
  out.line(fmt::format("{} = {}", name, expression));
  if (!more.empty()) out.line(fmt::format("{} = {}{}", name, name, more));
}

void print_prepared(const JobTask& task, PyWriter& out) {
  const TaskNetwork& network = task.network;
  out.line("def prepared(self, batch):");
  out.indent();
  out.line("if self.training:");
  out.indent();
  FlowPrinter(task, network.in_training, out).print();
  out.dedent();
  FlowPrinter(task, network.in_evaluation, out).print();
  out.dedent();
  out.line();
}

}  // namespace amalgam
