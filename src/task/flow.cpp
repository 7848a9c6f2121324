#include "task/flow.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "base/counted.h"
#include "task/available.h"
#include "task/field_names.h"
#include "task/loss_inputs.h"
#include "task/reshape.h"

namespace amalgam {
namespace {

using From = Source::From;

class FlowMatch {
 public:
  FlowMatch(const Dataset& data, const TaskNetwork& network, Findings& findings)
      : data_(data), model_(*network.model), findings_(findings), names_(data.fields) {}

  // `transform`: the program of this mode; null: fields stay as they are.
  Flow match(const Program* transform) {
    flow_ = {};
    flow_.shapes.resize(data_.fields.size());
    for (std::size_t f = 0; f < data_.fields.size(); ++f)
      flow_.shapes[f] = data_.fields[f].sample_shape();
    list_fields();
    if (transform) apply(*transform);
    match_inputs();
    return flow_;
  }

  // Of the flow that was matched last.
  const std::vector<Available>& available() const { return available_; }
  std::set<std::size_t> used;  // fields, in any flow

 private:
  void invalid(const std::string& where, std::string what) {
    findings_.add(ErrorCode::kInvalid, where, std::move(what));
  }

  std::vector<std::string> field_names() const {
    std::vector<std::string> names;
    for (const Field& field : data_.fields) names.push_back(field.name);
    return names;
  }

  std::vector<std::string> feature_names() const {
    std::vector<std::string> names;
    for (const Available& one : available_)
      if (!one.target) names.push_back(one.name);
    return names;
  }

  void list_fields() {
    available_.clear();
    for (std::size_t f = 0; f < data_.fields.size(); ++f) {
      const Field& field = data_.fields[f];
      available_.push_back({field.name,
                            {From::kField, f},
                            field.tensor.dtype,
                            field.sample_shape(),
                            field.role == Role::kTarget});
    }
  }

  std::optional<std::size_t> find_field(const std::string& name) const {
    if (const auto found = names_.find(name)) return found;
    if (is_usual_target(name) && data_.targets().size() == 1) return data_.fields.size() - 1;
    return std::nullopt;
  }

  void apply(const Program& transform) {
    flow_.transform = transform.role;
    if (!take(transform)) return;
    for (std::size_t o = 0; o < transform.graph.outputs.size(); ++o) give(transform, o);
  }

  // Which fields the transform takes.
  bool take(const Program& transform) {
    bool all = true;
    const std::size_t features = data_.feature_count();
    for (const ModelInput& input : transform.inputs) {
      auto found = find_field(input.name);
      const bool one_each =
          features == 1 && (transform.inputs.size() == 1 || &input == &transform.inputs.front());
      if (!found && one_each) found = 0;
      if (!found) {
        invalid(transform.where,
                fmt::format("the transform takes '{}', which {} has not; it has {}", input.name,
                            data_.where, listed(field_names())));
        all = false;
        continue;
      }
      fit_field(*found, transform.values[input.value], "the transform's input", input.name);
      flow_.taken.push_back(*found);
      used.insert(*found);
      available_[*found].taken_by_transform = true;
    }
    return all;
  }

  // The field that an output of the transform takes the place of; none: it is a new one.
  std::optional<std::size_t> replaced_by(const Program& transform, std::size_t output) const {
    const std::string& name = transform.output_names[output];
    if (name.empty()) return flow_.taken.at(output);
    for (std::size_t i = 0; i < transform.inputs.size(); ++i)
      if (in_small_letters(name) == transform.inputs[i].name) return flow_.taken[i];
    return find_field(name);
  }

  void give(const Program& transform, std::size_t output) {
    const auto id = transform.graph.outputs[output];
    if (!id) return;
    if (transform.output_names[output].empty() && output >= flow_.taken.size())
      return invalid(transform.where,
                     fmt::format("the transform takes {} and returns {} tensors without names; "
                                 "return one for each that it takes, or a dict of them",
                                 listed(field_names()), transform.graph.outputs.size()));
    for (std::size_t i = 0; i < transform.inputs.size(); ++i)
      if (transform.inputs[i].value == *id && replaced_by(transform, output) == flow_.taken[i])
        return;  // as it was
    const Value& value = transform.values[*id];
    if (value.shape.empty() || !value.shape.front().symbolic)
      return invalid(transform.where,
                     fmt::format("the transform returns {} without a batch dimension; expected "
                                 "[N, ...], one row for each sample",
                                 named(transform, output)));
    const Dim &rows = value.shape.front(),
              &taken = transform.values[transform.inputs.front().value].shape.front();
    if (rows.symbol != taken.symbol || rows.size != taken.size)
      return invalid(transform.where,
                     fmt::format("the transform makes {} rows of {} in {}; expected one for each "
                                 "sample",
                                 rows.size, taken.size, named(transform, output)));
    const auto field = replaced_by(transform, output);
    const Source source{From::kTransform, flow_.given.size()};
    flow_.given.push_back(output);
    if (field) {
      Available& place = available_[*field];
      place.source = source, place.dtype = value.dtype, place.shape = behind_batch(value);
      place.taken_by_transform = false;
      return;
    }
    const std::string& name = transform.output_names[output];
    available_.push_back({name, source, value.dtype, behind_batch(value), is_target(name)});
  }

  static std::string named(const Program& transform, std::size_t output) {
    const std::string& name = transform.output_names[output];
    return name.empty() ? fmt::format("output {}", output) : "'" + name + "'";
  }

  // Whether something new is what the loss takes: nothing of the model's is called so.
  bool is_target(const std::string& name) const {
    const auto& inputs = model_.train().inputs;
    return std::none_of(inputs.begin(), inputs.end(), [&](const ModelInput& input) {
      return input.name == in_small_letters(name);
    });
  }

  // That a stored field fits what takes it; it is given that shape.
  void fit_field(std::size_t f, const Value& taken, const char* what, const std::string& name) {
    const Field& field = data_.fields[f];
    if (const auto shape = reshaped(field.sample_shape(), dims_behind_batch(taken))) {
      flow_.shapes[f] = *shape;
      return;
    }
    const Shape expected = behind_batch(taken);
    const std::string place = std::string(what) == "the model's input"
                                  ? std::string(what)
                                  : fmt::format("{} '{}'", what, name);
    invalid(data_.where,
            fmt::format("samples of '{}' are {}, but {} is {}{}{}", field.name,
                        to_string(field.sample_shape()), place, to_string(expected),
                        reshape_cure(field.sample_shape(), expected, field.name), table_cure()));
  }

  // What a table's features are made of.
  std::string table_cure() const {
    constexpr std::size_t kMostShown = 20;
    if (!data_.tabular) return "";
    std::vector<std::string> columns;
    for (const TabularColumn& column : data_.tabular->columns)
      if (column.kind == TabularColumn::Kind::kNumeric)
        columns.push_back(column.name);
      else if (column.kind == TabularColumn::Kind::kCategorical)
        columns.push_back(fmt::format("{} ({})", column.name,
                                      counted(column.values.size(), "category", "categories")));
    if (columns.size() > kMostShown) columns.resize(kMostShown), columns.emplace_back("...");
    return fmt::format("; the features are made of {}: [table] ignore leaves columns out",
                       fmt::join(columns, ", "));
  }

  void match_inputs() {
    const Program& program = model_.train();
    std::set<std::size_t> taken;
    for (const ModelInput& input : program.inputs) {
      const auto found = find_available(available_, input.name, false, program.inputs.size() == 1);
      if (!found || !taken.insert(*found).second) {
        invalid(data_.where, fmt::format("has no field for the model's input '{}'; it has {}{}",
                                         input.name, listed(feature_names()), eval_cure()));
        flow_.inputs.push_back({});
        continue;
      }
      const Available& one = available_[*found];
      const Value& value = program.values[input.value];
      if (one.source.from == From::kField) {
        fit_field(one.source.index, value, "the model's input", input.name);
        used.insert(one.source.index);
      } else {
        check_made(one, value, input.name);
      }
      flow_.inputs.push_back(one.source);
    }
  }

  // Where training has a transform that evaluation lacks.
  std::string eval_cure() const {
    return !flow_.transform && model_.find(ProgramRole::kTransform)
               ? " in evaluation, to which the transform of training is not applied; give "
                 "[input] eval_transform, too"
               : "";
  }

  void check_made(const Available& made, const Value& taken, const std::string& input) {
    if (!fits(made.shape, taken))
      invalid(model_.find(*flow_.transform)->where,
              fmt::format("the transform gives '{}' as {} a sample, but the model's input '{}' is "
                          "{}",
                          made.name, to_string(made.shape), input, to_string(behind_batch(taken))));
  }

  const Dataset& data_;
  const Model& model_;
  Findings& findings_;
  FieldNames names_;
  Flow flow_;
  std::vector<Available> available_;
};

// Those of its features, in this order, and its targets.
Dataset with_features(const Dataset& data, const std::vector<std::size_t>& order) {
  Dataset ordered = data;
  ordered.fields.clear();
  for (const std::size_t f : order) ordered.fields.push_back(data.fields[f]);
  for (const Field& target : data.targets()) ordered.fields.push_back(target);
  return ordered;
}

// Features in the order of the model's inputs, and behind them the others that are used.
std::vector<std::size_t> feature_order(const Dataset& data, const TaskNetwork& network,
                                       const std::set<std::size_t>& used) {
  std::vector<std::size_t> order;
  const auto add = [&](std::size_t f) {
    if (f < data.feature_count() && std::count(order.begin(), order.end(), f) == 0)
      order.push_back(f);
  };
  for (const auto& field : network.field_of_input)
    if (field) add(*field);
  for (const std::size_t f : used) add(f);
  return order;
}

// The field behind each input: itself, or the one whose place a transform's output took.
std::vector<std::optional<std::size_t>> fields_of_inputs(const Flow& flow,
                                                         std::span<const Available> available) {
  std::vector<std::optional<std::size_t>> fields;
  for (const Source& source : flow.inputs) {
    std::optional<std::size_t> field;
    for (std::size_t f = 0; f < flow.shapes.size(); ++f)
      if (available[f].source == source) field = f;
    fields.push_back(field);
  }
  return fields;
}

// The transforms' programs return what takes a field's place, and nothing else.
void set_results(TaskNetwork& network, Findings& findings) {
  auto model = std::make_shared<Model>(*network.model);
  for (const Flow* flow : {&network.in_training, &network.in_evaluation}) {
    if (!flow->transform || !findings.empty()) continue;
    const auto program =
        std::find_if(model->attached.begin(), model->attached.end(),
                     [&](const Program& one) { return one.role == *flow->transform; });
    if (flow->given.empty()) {
      findings.add(ErrorCode::kInvalid, program->where,
                   "the transform changes none of the fields; leave it out");
      continue;
    }
    program->result = flow->given.front();
    program->more_results.assign(flow->given.begin() + 1, flow->given.end());
  }
  network.model = std::move(model);
}

// Both flows and the loss's inputs, over the fields as they stand.
std::set<std::size_t> match(const Dataset& data, TaskNetwork& network, Findings& findings) {
  const auto keep = network.model;  // while results are set
  FlowMatch matching(data, network, findings);
  const Model& model = *keep;
  network.in_training = matching.match(model.find(ProgramRole::kTransform));
  const std::vector<Available> training = matching.available();
  network.field_of_input = fields_of_inputs(network.in_training, training);
  network.in_evaluation = network.in_training;
  if (findings.empty())  // what is wrong in training, evaluation would say again
    network.in_evaluation = matching.match(model.find(ProgramRole::kEvalTransform));
  const std::vector<Available> evaluation = matching.available();
  std::set<std::size_t> used = matching.used;
  if (!model.attached.empty()) set_results(network, findings);
  match_loss(data, training, evaluation, network, used, findings);
  return used;
}

void refuse_unused(const Dataset& data, const std::set<std::size_t>& used, Findings& findings) {
  for (std::size_t f = 0; f < data.feature_count(); ++f)
    if (!used.count(f))
      findings.add(
          ErrorCode::kInvalid, data.where,
          fmt::format(
              "has the field '{}', which the model does not take; leave it out of the data, "
              "or name it among [data] targets",
              data.fields[f].name));
}

}  // namespace

Dataset match_fields(const Dataset& data, TaskNetwork& network, Findings& findings) {
  Findings own;
  const std::set<std::size_t> used = match(data, network, own);
  refuse_unused(data, used, own);
  findings.add(own.all());
  if (!own.empty()) return data;
  Dataset ordered = with_features(data, feature_order(data, network, used));
  match(ordered, network, own);
  return ordered;
}

}  // namespace amalgam
