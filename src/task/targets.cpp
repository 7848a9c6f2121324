#include "task/targets.h"

#include <fmt/format.h>

#include <algorithm>

#include "amalgam/model.h"
#include "base/counted.h"
#include "formats/array_names.h"
#include "formats/losses.h"
#include "formats/row_numbers.h"
#include "task/integers.h"
#include "task/reshape.h"

namespace amalgam {
namespace {

constexpr std::string_view kMaskField = "attention_mask";

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

  std::uint64_t match() {
    const auto targets = data_.targets();
    if (row_.targets == TargetKind::kModels) {
      match_own_loss();
    } else if (row_.targets == TargetKind::kOwnTokens) {
      if (findings_.empty()) match_tokens();
    } else if (targets.size() != 1) {
      invalid(targets.empty() ? naming_cure(data_)
                              : fmt::format("has {} targets, but the loss '{}' takes one",
                                            targets.size(), row_.name));
    } else if (row_.targets == TargetKind::kClasses) {
      return match_classes(targets[0]);
    } else {
      match_values(targets[0]);
    }
    return 0;
  }

 private:
  void invalid(std::string what) {
    findings_.add(ErrorCode::kInvalid, data_.where, std::move(what));
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
  void match_values(const Field& field) {
    const Shape shape = field.sample_shape();
    network_.sample_shapes.push_back(shape);
    const bool lists = row_.targets == TargetKind::kClassLists;
    const DType expected = lists ? DType::kInt64 : DType::kFloat32;
    if (field.tensor.dtype != expected)
      return invalid(fmt::format("targets are {}, but the loss '{}' needs {}: save y.astype('{}')",
                                 dtype_name(field.tensor.dtype), row_.name, dtype_name(expected),
                                 dtype_name(expected)));
    if (!reshaped(shape, out_))
      invalid(fmt::format("targets are {} a sample, but the model's output is {}{}",
                          to_string(shape), to_string(out_),
                          reshape_cure(shape, out_, field.name)));
  }

  // Class numbers. Returns how many classes the output has.
  std::uint64_t match_classes(const Field& field) {
    const Shape shape = field.sample_shape();
    if (field.tensor.dtype == DType::kFloat32 && row_.probabilities && shape == out_) {
      match_probabilities(shape);
      return 0;
    }
    const bool one_label = element_count(shape) == 1;
    const Shape labels = one_label && out_.size() == 1 ? Shape{} : shape;
    network_.sample_shapes.push_back(labels);
    if (field.tensor.dtype == DType::kFloat32) {
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

  void match_probabilities(const Shape& shape) {
    network_.sample_shapes.push_back(shape);
    network_.class_numbers = false;
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
  return TargetMatch(data, network, findings).match();
}

void check_labels(const Dataset& data, const TrainSettings& train, std::uint64_t classes,
                  Findings& findings) {
  if (classes == 0) return;
  const Field& field = data.targets().front();
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

void check_metric(const TaskNetwork& network, Findings& findings) {
  if (network.train.metric == "accuracy" && !network.class_numbers)
    findings.add(ErrorCode::kInvalid, network.model->where,
                 "the metric is accuracy, which targets that are probabilities have not; leave "
                 "metric out, and the loss decides");
}

}  // namespace amalgam
