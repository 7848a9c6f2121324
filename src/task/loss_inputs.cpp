#include "task/loss_inputs.h"

#include <fmt/format.h>

#include <algorithm>

#include "formats/losses.h"
#include "graph/reach.h"
#include "task/field_names.h"
#include "task/reshape.h"

namespace amalgam {
namespace {

using From = Source::From;
using All = std::span<const Available>;

std::vector<std::string> target_names(All all) {
  std::vector<std::string> names;
  for (const Available& one : all)
    if (one.target) names.push_back(one.name);
  return names;
}

// The target of that name; with `only` the one that there is, if the name is a usual one of it.
const Available* find_target(All all, const std::string& name, bool only) {
  const auto found = find_available(all, name, true, only && is_usual_target(name));
  return found ? &all[*found] : nullptr;
}

std::string output_name(const Program& program, std::size_t output) {
  const std::string& name = program.output_names[output];
  return name.empty() ? std::to_string(output) : name;
}

class LossMatch {
 public:
  LossMatch(const Dataset& data, TaskNetwork& network, std::set<std::size_t>& used,
            Findings& findings)
      : data_(data),
        network_(network),
        model_(*network.model),
        row_(loss_row(network.train.loss)),
        used_(used),
        findings_(findings) {}

  void match(All training, All evaluation) {
    if (row_.targets == TargetKind::kProgram)
      match_program(training, evaluation);
    else
      match_function(training, evaluation);
    if (model_.find(ProgramRole::kMetric) && findings_.empty()) match_metric(training, evaluation);
    const bool chosen = model_.find(ProgramRole::kLoss) || model_.find(ProgramRole::kMetric);
    if (findings_.empty() && chosen) set_results();
  }

 private:
  void invalid(const std::string& where, std::string what) {
    findings_.add(ErrorCode::kInvalid, where, std::move(what));
  }

  void add_target(Flow& flow, const Available& one) {
    flow.targets.push_back({one.source, one.dtype, one.shape});
    if (one.source.from == From::kField) used_.insert(one.source.index);
  }

  // A function takes one target, or none: all that there are, for what checks them next. A stored
  // one that a transform takes and does not return is not meant.
  void match_function(All training, All evaluation) {
    for (const auto& [flow, all] :
         {std::pair{&network_.in_training, training}, {&network_.in_evaluation, evaluation}}) {
      const bool several = target_names(all).size() > 1;
      for (const Available& one : all)
        if (one.target && !(several && one.taken_by_transform)) {
          if (flow == &network_.in_training) slots_.push_back(one.name);
          add_target(*flow, one);
        }
    }
    if (row_.targets != TargetKind::kModels) results_ = {model_.train().result};
    if (network_.in_training.targets.size() == 1 && network_.in_evaluation.targets.empty())
      invalid(data_.where,
              fmt::format("has no target in evaluation, where the transform of training, which "
                          "makes {}, is not applied; give [input] eval_transform, too",
                          listed(target_names(training))));
  }

  void match_program(All training, All evaluation) {
    const Program& loss = *model_.find(ProgramRole::kLoss);
    check_scalar(loss);
    for (const ModelInput& input : loss.inputs) {
      if (takes_target(input.name, training) || takes_target(input.name, evaluation))
        take_target(loss, input, training, evaluation);
      else if (is_usual_target(input.name) && !named_output(input.name) &&
               target_names(training).empty())
        invalid(data_.where, fmt::format("has no target '{}', which the loss takes", input.name));
      else if (const auto source = take_output(loss, input, training))
        network_.loss_inputs.push_back(*source);
    }
    if (!findings_.empty()) return;
    check_gradient(loss);
    if (results_.empty())
      invalid(loss.where,
              "the loss takes none of the model's outputs, so that nothing would be "
              "trained; it takes " +
                  listed(input_names(loss)));
    for (std::size_t f = data_.feature_count(); f < data_.fields.size(); ++f)
      if (!used_.count(f))
        invalid(data_.where,
                fmt::format("has the target '{}', which neither the loss nor a transform takes; "
                            "leave it out, or name those that count: [data] targets",
                            data_.fields[f].name));
  }

  // By its name, or as the only one where no output is called so.
  bool takes_target(const std::string& name, All all) const {
    return find_target(all, name, false) || (!named_output(name) && find_target(all, name, true));
  }

  bool named_output(const std::string& name) const {
    const auto& names = model_.train().output_names;
    return std::any_of(names.begin(), names.end(),
                       [&](const std::string& one) { return in_small_letters(one) == name; });
  }

  // That training makes the loss smaller by what the model gives.
  void check_gradient(const Program& loss) {
    for (std::size_t i = 0; i < loss.inputs.size(); ++i)
      if (network_.loss_inputs[i].from == From::kOutput && depends_on(loss, loss.inputs[i].value))
        return;
    if (!results_.empty())
      invalid(loss.where,
              "no gradient of the loss reaches the model's output: between them lies detach(), "
              "torch.no_grad(), argmax or a conversion to integers");
  }

  // What evaluation compares with; where training has something else, nothing is measured there.
  void match_metric(All training, All evaluation) {
    const Program& metric = *model_.find(ProgramRole::kMetric);
    network_.metric_in_training = true;
    unnamed_.clear();
    for (const ModelInput& input : metric.inputs) {
      if (takes_target(input.name, evaluation)) {
        const Available* target = find_target(evaluation, input.name, true);
        const auto slot = std::find(slots_.begin(), slots_.end(), target->name);
        const auto t = static_cast<std::size_t>(slot - slots_.begin());
        if (t >=
            std::min(network_.in_training.targets.size(), network_.in_evaluation.targets.size())) {
          invalid(
              metric.where,
              fmt::format("the metric takes the target '{}', which the loss does not", input.name));
          continue;
        }
        check_metric_target(metric, input, t);
        network_.metric_inputs.push_back({From::kTarget, t});
      } else if (const auto source = take_output(metric, input, training)) {
        network_.metric_inputs.push_back(*source);
      }
    }
    if (metric.graph.outputs.size() != 2 || !metric.graph.outputs[0] || !metric.graph.outputs[1])
      invalid(metric.where, fmt::format("the metric returns {} tensors; expected two, numerators "
                                        "and denominators, which are summed over the rows",
                                        metric.graph.outputs.size()));
    else
      check_sums(metric);
  }

  // Sums over the rows, which have no place for each of them.
  void check_sums(const Program& metric) {
    const auto& above = metric.values[*metric.graph.outputs[0]];
    const auto& below = metric.values[*metric.graph.outputs[1]];
    bool same = above.shape.size() == below.shape.size();
    for (std::size_t d = 0; same && d < above.shape.size(); ++d)
      same = !above.shape[d].symbolic && !below.shape[d].symbolic &&
             above.shape[d].size == below.shape[d].size;
    if (!same)
      invalid(metric.where,
              fmt::format("the metric gives numerators {} and denominators {}; expected sums over "
                          "the rows, one of each, or as many of both (end them with .sum(0))",
                          shape_text(above), shape_text(below)));
  }

  static std::string shape_text(const Value& value) {
    std::string text;
    for (const Dim& dim : value.shape)
      text +=
          (text.empty() ? "" : ", ") + (dim.symbolic ? std::string("N") : std::to_string(dim.size));
    return "[" + text + "]";
  }

  static bool can_be(const Target& target, const Value& taken) {
    return fits(target.shape, taken) && (is_floating(taken.dtype) || !is_floating(target.dtype));
  }

  void check_metric_target(const Program& metric, const ModelInput& input, std::size_t t) {
    const Value& taken = metric.values[input.value];
    const Target& target = network_.in_evaluation.targets[t];
    if (!can_be(target, taken))
      invalid(metric.where,
              fmt::format("the metric takes '{}' as {} {} a sample, and it is {} {}", input.name,
                          dtype_name(taken.dtype), to_string(behind_batch(taken)),
                          dtype_name(target.dtype), to_string(target.shape)));
    network_.metric_in_training =
        network_.metric_in_training && can_be(network_.in_training.targets[t], taken);
  }

  static std::vector<std::string> input_names(const Program& program) {
    std::vector<std::string> names;
    for (const ModelInput& input : program.inputs) names.push_back(input.name);
    return names;
  }

  void check_scalar(const Program& loss) {
    const auto& outputs = loss.graph.outputs;
    if (outputs.size() != 1 || !outputs.front())
      return invalid(loss.where,
                     fmt::format("the loss returns {} tensors; expected one number, the "
                                 "mean over the batch",
                                 outputs.size()));
    const Value& value = loss.values[*outputs.front()];
    if (value.shape.empty() && is_floating(value.dtype)) return;
    Shape shape;
    for (const Dim& dim : value.shape) shape.push_back(dim.size);
    invalid(
        loss.where,
        fmt::format("the loss gives {} {}; expected one float number for the batch: end it with "
                    ".mean()",
                    dtype_name(value.dtype), to_string(shape)));
  }

  void take_target(const Program& loss, const ModelInput& input, All training, All evaluation) {
    const Value& taken = loss.values[input.value];
    for (const auto& [flow, all] :
         {std::pair{&network_.in_training, training}, {&network_.in_evaluation, evaluation}}) {
      const Available* one = find_target(all, input.name, true);
      if (!one) {
        const bool trains = flow == &network_.in_training;
        invalid(data_.where, fmt::format("has no target '{}' in {}, which the loss takes; give "
                                         "[input] {} that makes it, too",
                                         input.name, trains ? "training" : "evaluation",
                                         trains ? "transform" : "eval_transform"));
        continue;
      }
      add_target(*flow, *one);
      Target& target = flow->targets.back();
      const auto shape = one->source.from == From::kField
                             ? reshaped(one->shape, dims_behind_batch(taken))
                             : (fits(one->shape, taken) ? std::optional(one->shape) : std::nullopt);
      if (!shape)
        invalid(data_.where,
                fmt::format("targets '{}' are {} a sample, but the loss takes {}{}", one->name,
                            to_string(one->shape), to_string(behind_batch(taken)),
                            reshape_cure(one->shape, behind_batch(taken), one->name)));
      if (is_floating(one->dtype) && !is_floating(taken.dtype))
        invalid(data_.where, fmt::format("targets '{}' are {}, but the loss takes {}", one->name,
                                         dtype_name(one->dtype), dtype_name(taken.dtype)));
      if (!shape) continue;
      target.shape = *shape;
      if (one->source.from == From::kField) flow->shapes[one->source.index] = *shape;
    }
    network_.loss_inputs.push_back({From::kTarget, network_.in_training.targets.size() - 1});
    const Available* known = find_target(training, input.name, true);
    slots_.push_back(known ? known->name : input.name);
  }

  // Where it is stored, and as no target.
  std::string cure_of_field(const std::string& name) const {
    for (const Field& field : data_.features())
      if (in_small_letters(field.name) == name)
        return fmt::format("; '{}' is a field of the data, which [data] targets makes a target",
                           field.name);
    return "";
  }

  // Of the model's outputs the one of that name, else the next that has none; of a single one, any
  // name is its.
  std::optional<std::size_t> find_output(const std::string& name) {
    const Program& program = model_.train();
    std::vector<std::size_t> tensors;
    for (std::size_t o = 0; o < program.graph.outputs.size(); ++o)
      if (program.graph.outputs[o]) tensors.push_back(o);
    if (tensors.size() == 1) return tensors.front();
    for (const std::size_t o : tensors)
      if (in_small_letters(program.output_names[o]) == name) return o;
    for (const std::size_t o : tensors)
      if (program.output_names[o].empty() && unnamed_.insert(o).second) return o;
    return std::nullopt;
  }

  // Of a loss or a metric; nothing, and a finding, where there is none such.
  std::optional<Source> take_output(const Program& taker, const ModelInput& input, All training) {
    const char* what = taker.role == ProgramRole::kLoss ? "loss" : "metric";
    const Program& program = model_.train();
    const auto output = find_output(input.name);
    if (!output) {
      std::vector<std::string> names;
      for (std::size_t o = 0; o < program.graph.outputs.size(); ++o)
        if (program.graph.outputs[o]) names.push_back(output_name(program, o));
      invalid(taker.where,
              fmt::format("the {} takes '{}', which is no target ({}) and no output of the model "
                          "({}){}",
                          what, input.name, listed(target_names(training)), listed(names),
                          cure_of_field(input.name)));
      return std::nullopt;
    }
    const Value& given = program.values[*program.graph.outputs[*output]];
    const Value& taken = taker.values[input.value];
    if (!fits(behind_batch(given), taken) || given.shape.size() != taken.shape.size() ||
        given.dtype != taken.dtype) {
      invalid(taker.where,
              fmt::format("the {} takes '{}' as {} {} a sample, but the model's output is {} {}",
                          what, input.name, dtype_name(taken.dtype), to_string(behind_batch(taken)),
                          dtype_name(given.dtype), to_string(behind_batch(given))));
      return std::nullopt;
    }
    const auto known = std::find(results_.begin(), results_.end(), *output);
    const auto place = static_cast<std::size_t>(known - results_.begin());
    if (known == results_.end()) results_.push_back(*output);
    return Source{From::kOutput, place};
  }

  // The model's programs return what the loss takes.
  void set_results() {
    auto model = std::make_shared<Model>(model_);
    for (Program& program : model->programs) {
      const auto same = [&](std::size_t o) {
        return o < program.graph.outputs.size() && program.graph.outputs[o] &&
               program.output_names[o] == model_.train().output_names[o];
      };
      if (!std::all_of(results_.begin(), results_.end(), same))
        return invalid(program.where,
                       "returns other outputs in evaluation than in training, so "
                       "that the loss cannot be given the same");
      program.result = results_.front();
      program.more_results.assign(results_.begin() + 1, results_.end());
    }
    for (Program& program : model->attached)
      if (program.role == ProgramRole::kMetric) program.more_results = {1};  // denominators
    network_.model = std::move(model);
  }

  const Dataset& data_;
  TaskNetwork& network_;
  const Model& model_;
  const LossRow& row_;
  std::set<std::size_t>& used_;
  Findings& findings_;
  std::vector<std::size_t> results_;  // outputs of the model, in the order in which they are taken
  std::vector<std::string> slots_;    // names of the flows' targets
  std::set<std::size_t> unnamed_;     // outputs without names that the program at work has taken
};

}  // namespace

void match_loss(const Dataset& data, std::span<const Available> training,
                std::span<const Available> evaluation, TaskNetwork& network,
                std::set<std::size_t>& used, Findings& findings) {
  network.loss_inputs.clear();
  network.metric_inputs.clear();
  const auto keep = network.model;  // which the results may take the place of
  LossMatch(data, network, used, findings).match(training, evaluation);
}

}  // namespace amalgam
