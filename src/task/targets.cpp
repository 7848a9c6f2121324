#include "task/targets.h"

#include <fmt/format.h>

#include <algorithm>

#include "amalgam/model.h"
#include "base/counted.h"
#include "formats/array_names.h"
#include "formats/losses.h"
#include "formats/metrics.h"
#include "formats/row_numbers.h"
#include "task/integers.h"
#include "task/reshape.h"

namespace amalgam {
namespace {

constexpr std::string_view kMaskField = "attention_mask";

// Whether the metric counts classes, or compares with them.
bool needs_class_numbers(const TrainSettings& train) {
  const MetricKind kind = metric_row(train.metric).kind;
  const TargetKind targets = loss_row(train.loss).targets;
  if (kind == MetricKind::kLoss || kind == MetricKind::kProgram) return false;
  return targets == TargetKind::kClasses || targets == TargetKind::kProgram;
}

// One dataset's targets beside one model's output, and what is wrong of them.
class TargetMatch {
 public:
  TargetMatch(const Dataset& data, TaskNetwork& network, Findings& findings)
      : data_(data),
        network_(network),
        row_(loss_row(network.train.loss)),
        findings_(findings),
        output_(network.model->train().values[network.model->train().result_value()]),
        out_(row_.targets == TargetKind::kModels
                 ? Shape{}
                 : sample_shape(output_, network.model->where + ": output")) {}

  // Of the targets of this flow.
  std::uint64_t match(Flow& flow) {
    flow_ = &flow;
    if (row_.targets == TargetKind::kModels) {
      match_own_loss();
    } else if (row_.targets == TargetKind::kOwnTokens) {
      if (findings_.empty()) match_tokens();
    } else if (row_.targets == TargetKind::kProgram) {
      if (needs_class_numbers(network_.train)) return match_asked_metric();
    } else if (flow.targets.size() != 1) {
      invalid(flow.targets.empty()
                  ? naming_cure(data_)
                  : fmt::format("has {} targets ({}), but the loss '{}' takes one: name it, "
                                "[data] targets = \"{}\", or give a loss of one's own (FILE.pt2)",
                                flow.targets.size(), names(), row_.name,
                                data_.targets().front().name));
    } else if (row_.targets == TargetKind::kClasses) {
      return match_classes(flow.targets.front());
    } else {
      match_values(flow.targets.front());
    }
    return 0;
  }

 private:
  void invalid(std::string what) {
    findings_.add(ErrorCode::kInvalid, data_.where, std::move(what));
  }

  std::string names() const {
    std::string text;
    for (const Field& field : data_.targets())
      text += (text.empty() ? "'" : ", '") + field.name + "'";
    return text;
  }

  // As the loss takes it.
  void take(Target& target, const Shape& shape) {
    target.shape = shape;
    if (target.source.from == Source::From::kField) flow_->shapes[target.source.index] = shape;
  }

  // A loss of one's own says nothing of classes, so that the one who asks for their metric has to
  // be right: whole numbers, one for each row of scores.
  std::uint64_t match_asked_metric() {
    if (flow_->targets.size() == 1 && !is_floating(flow_->targets.front().dtype))
      if (const auto classes = classes_of(flow_->targets.front().shape); classes.value_or(0) > 0)
        return *classes;
    if (flow_->targets.size() == 1 && is_floating(flow_->targets.front().dtype) &&
        flow_->transform) {
      flow_->class_numbers = false;
      return 0;
    }
    findings_.add(ErrorCode::kInvalid, network_.model->where,
                  fmt::format("the metric is {}, which needs one target of class numbers beside "
                              "scores of classes; leave metric out, and the loss decides",
                              network_.train.metric));
    return 0;
  }

  // The model gives the loss: one number a batch.
  void match_own_loss() {
    if (!data_.targets().empty())
      invalid(
          fmt::format("has targets ('{}'), but with the loss 'model' the model takes them itself: "
                      "name the field as the argument of its forward()",
                      data_.targets().front().name));
    Shape shape;
    for (const Dim& dim : output_.shape) shape.push_back(dim.size);
    if (!is_floating(output_.dtype) || element_count(shape) != 1 ||
        (!output_.shape.empty() && output_.shape.front().symbolic))
      findings_.add(
          ErrorCode::kInvalid, network_.model->where,
          fmt::format("with the loss 'model' the output is to be one number a batch, and "
                      "it is {} {}; name the loss by output in the recipe, or take another "
                      "loss",
                      dtype_name(output_.dtype), to_string(shape)));
  }

  // The targets are the first input's own tokens: [L] in, [L, C] out.
  void match_tokens() {
    if (!data_.targets().empty())
      return invalid("has targets ('y'), but the loss 'next_token' predicts a sample's own tokens");
    const Field& tokens = data_.fields.front();
    const Shape shape = tokens.sample_shape();
    const DType dtype = tokens.tensor.dtype;
    if (shape.size() != 1 || shape[0] < 2 || dtype == DType::kFloat32)
      return invalid(fmt::format(
          "samples of '{}' are {} {}, but the loss 'next_token' needs rows of two or more tokens "
          "(integers)",
          tokens.name, dtype_name(dtype), to_string(shape)));
    if (out_.size() != 2 || out_[0] != shape[0])
      return invalid(
          fmt::format("the model's output is {} a sample, but 'next_token' needs [{}, classes]",
                      to_string(out_), shape[0]));
    for (std::size_t f = 0; f < data_.fields.size(); ++f)
      if (data_.fields[f].name == kMaskField && data_.fields[f].width() == shape[0])
        network_.mask_field = f;
  }

  // Values, or lists of classes: as many as the output.
  void match_values(Target& target) {
    const Shape shape = target.shape;
    const bool lists = row_.targets == TargetKind::kClassLists;
    const DType expected = lists ? DType::kInt64 : DType::kFloat32;
    if (target.dtype != expected)
      return invalid(fmt::format("targets are {}, but the loss '{}' needs {}: save y.astype('{}')",
                                 dtype_name(target.dtype), row_.name, dtype_name(expected),
                                 dtype_name(expected)));
    if (!reshaped(shape, out_))
      invalid(fmt::format("targets are {} a sample, but the model's output is {}{}",
                          to_string(shape), to_string(out_), reshape_cure(shape, out_, "y")));
  }

  // Class numbers. Returns how many classes the output has.
  std::uint64_t match_classes(Target& target) {
    const Shape shape = target.shape;
    if (target.dtype == DType::kFloat32 && row_.probabilities && shape == out_) {
      match_probabilities();
      return 0;
    }
    const bool one_label = element_count(shape) == 1;
    const Shape labels = one_label && out_.size() == 1 ? Shape{} : shape;
    take(target, labels);
    if (target.dtype == DType::kFloat32) {
      invalid(
          fmt::format("targets are float32, but the loss '{}' needs class numbers "
                      "(integers); one-hot rows become numbers by y.argmax(1)",
                      row_.name));
      return 0;
    }
    const auto classes = classes_of(labels);
    if (!classes)
      invalid(
          fmt::format("targets are {} a sample, which '{}' cannot compare with an output of "
                      "{}{}",
                      to_string(shape), row_.name, to_string(out_),
                      shape == out_ ? "; one-hot rows become numbers by y.argmax(1)" : ""));
    return classes.value_or(0);
  }

  void match_probabilities() {
    flow_->class_numbers = false;
    network_.classes_last = network_.train.class_dimension == "last";
    const Settings& given = network_.train.loss_arguments;
    if (given.contains("ignore_index") && ignored_class(network_.train) >= 0)
      invalid(
          "targets are probabilities of classes (float32), which have no class to ignore; leave "
          "[train.loss_arguments] ignore_index out");
  }

  // 0 where two dimensions could be the classes', and nothing says which.
  std::optional<std::uint64_t> classes_of(const Shape& labels) {
    if (out_.empty() || (row_.class_rows && out_.size() > 1)) return std::nullopt;
    const bool first = std::equal(out_.begin() + 1, out_.end(), labels.begin(), labels.end());
    const bool last = std::equal(out_.begin(), out_.end() - 1, labels.begin(), labels.end());
    const std::string& said = network_.train.class_dimension;
    if (first && last && !labels.empty() && said.empty()) {
      invalid(
          fmt::format("targets are {} a sample and the model's output is {}, so that its first "
                      "or its last dimension may be the classes; say which in the recipe: "
                      "class_dimension = \"first\" (as PyTorch has it), or \"last\"",
                      to_string(labels), to_string(out_)));
      return 0;
    }
    network_.classes_last = last && (!first || said == "last");
    if (network_.classes_last && said != "first") return out_.back();
    if (first && said != "last") return out_.front();
    return std::nullopt;
  }

  const Dataset& data_;
  TaskNetwork& network_;
  const LossRow& row_;
  Findings& findings_;
  const Value& output_;
  Shape out_;
  Flow* flow_ = nullptr;
};

}  // namespace

namespace {

// How a class number could be left out of the loss, where that is likely to be meant.
std::string ignoring_cure(const TrainSettings& train, std::int64_t label, std::uint64_t width) {
  const auto ignored = ignored_class(train);
  if (!ignored || (label >= 0 && width == 1)) return "";
  return fmt::format("; the loss ignores targets of {}, or of [train.loss_arguments] ignore_index",
                     *ignored);
}

}  // namespace

std::uint64_t match_targets(const Dataset& data, TaskNetwork& network, Findings& findings) {
  if (!findings.empty() && loss_row(network.train.loss).targets == TargetKind::kProgram) return 0;
  TargetMatch matching(data, network, findings);
  const std::uint64_t training = matching.match(network.in_training);
  const bool last = network.classes_last;
  if (!findings.empty()) return training;
  const std::uint64_t stored = matching.match(network.in_evaluation);
  if (last != network.classes_last)
    findings.add(ErrorCode::kInvalid, data.where,
                 "the classes are another dimension in evaluation than in training; say which in "
                 "the recipe: class_dimension");
  return std::max(training, stored);
}

void check_labels(const Dataset& data, const TaskNetwork& network, std::uint64_t classes,
                  Findings& findings) {
  if (classes == 0) return;
  const Source& source = network.in_evaluation.targets.front().source;
  if (source.from != Source::From::kField || !network.in_evaluation.class_numbers) return;
  const Field& field = data.fields[source.index];
  const TrainSettings& train = network.train;
  const std::int64_t ignored = ignored_class(train).value_or(-1);
  const std::uint64_t count = field.rows() * field.width();
  std::int64_t label = 0;
  std::uint64_t at = 0;
  for (; at < count; ++at) {
    label = load_integer(field, at);
    if (label != ignored && (label < 0 || label >= static_cast<std::int64_t>(classes))) break;
  }
  if (at == count) return;
  if (label >= 0 && static_cast<std::uint64_t>(label) < data.classes.size())
    return findings.add(
        ErrorCode::kInvalid, data.where,
        fmt::format("has {}, but the model's output has {}; the first without one is '{}'",
                    counted(data.classes.size(), "class", "classes"), classes,
                    data.classes[static_cast<std::size_t>(label)]));
  findings.add(ErrorCode::kInvalid, data.where,
               fmt::format("row {}: class {} is not one of the model's {} (0 to {}){}{}",
                           at / field.width(), label, counted(classes, "class", "classes"),
                           classes - 1, kFromZero, ignoring_cure(train, label, field.width())));
}

void check_loss_weights(const TaskNetwork& network, Findings& findings) {
  const LossRow& row = loss_row(network.train.loss);
  if (network.train.loss_arguments.empty()) return;
  const Program& program = network.model->train();
  const std::string& where = network.model->where;
  const Shape out = sample_shape(program.values[program.result_value()], where + ": output");
  const bool of_classes = row.targets == TargetKind::kClasses;
  std::uint64_t expected = 1;
  if (!out.empty()) expected = of_classes && !network.classes_last ? out.front() : out.back();
  for (const auto& [name, setting] : network.train.loss_arguments) {
    if (find_argument(row, name)->kind != ArgumentKind::kWeights) continue;
    const std::size_t count = std::get<std::vector<double>>(setting).size();
    if (count == expected || (count == 1 && !of_classes)) continue;
    findings.add(
        ErrorCode::kInvalid, where,
        fmt::format(
            "[train.loss_arguments] {} has {}, but the model's output has {}; give one for "
            "each",
            name, counted(count, "number"),
            of_classes ? counted(expected, "class", "classes") : counted(expected, "value")));
  }
}

void check_metric(const TaskNetwork& network, std::uint64_t classes, bool has_validation,
                  Findings& findings) {
  const std::string& metric = network.train.metric;
  const auto invalid = [&](const char* why) {
    findings.add(ErrorCode::kInvalid, network.model->where,
                 fmt::format("the metric is {}, {}", metric, why));
  };
  const bool numbers = needs_class_numbers(network.train);
  if (numbers && !network.in_evaluation.class_numbers)
    invalid(
        "which targets that are probabilities have not; leave metric out, and the loss decides");
  else if (!has_validation &&
           ((numbers && !network.in_training.class_numbers) || !network.metric_in_training))
    invalid(
        "which the targets that the transform makes have not; give validation data, or leave "
        "metric out, and the loss decides");
  if (const auto top = top_of(metric); top && classes > 0 && *top > classes)
    invalid("of more classes than the model's output has; take a smaller one");
}

}  // namespace amalgam
