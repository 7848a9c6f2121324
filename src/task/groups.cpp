#include "task/groups.h"

#include <fmt/format.h>

#include <algorithm>

#include "amalgam/model.h"
#include "base/counted.h"
#include "formats/optimizers.h"
#include "weave/groups.h"

namespace amalgam {
namespace {

bool is_parameter(const ModelTensor& tensor) {
  return tensor.kind == ModelTensor::Kind::kParameter;
}

std::string some_names(const Model& model) {
  constexpr std::size_t kMostNamed = 4;
  std::string names;
  std::size_t count = 0;
  for (const ModelTensor& tensor : model.tensors)
    if (is_parameter(tensor) && ++count <= kMostNamed)
      names += fmt::format("{}'{}'", count > 1 ? ", " : "", tensor.own_name);
  return count > kMostNamed ? fmt::format("{} and {} more", names, count - kMostNamed) : names;
}

// Why the optimizer cannot train this one.
std::string refusal(const OptimizerRow& row, const ModelTensor& tensor) {
  if (row.trains == Trains::kMatrices)
    return fmt::format(
        "the optimizer '{}' trains matrices alone, and '{}' is {}; take another, or leave "
        "such parameters untrained: [[train.group]] with match and freeze = true",
        row.name, tensor.own_name, to_string(tensor.tensor.shape));
  if (row.trains == Trains::kSparse)
    return fmt::format(
        "the optimizer '{}' trains embeddings with sparse gradients alone, and '{}' is none; take "
        "another, or leave such parameters untrained: [[train.group]] with match and freeze = true",
        row.name, tensor.own_name);
  return fmt::format(
      "'{}' is an embedding with sparse gradients, which the optimizer '{}' does not take; take "
      "sgd, adagrad or sparseadam, or make it with sparse=False",
      tensor.own_name, row.name);
}

}  // namespace

std::string unmatched_group(const Model& model, const TrainSettings& train) {
  for (const ParameterGroup& group : train.groups)
    for (const std::string& pattern : group.match) {
      const bool any =
          std::any_of(model.tensors.begin(), model.tensors.end(), [&](const ModelTensor& tensor) {
            return is_parameter(tensor) && is_named(tensor, pattern);
          });
      if (!any) return pattern;
    }
  return "";
}

std::shared_ptr<const Model> with_frozen(std::shared_ptr<const Model> model,
                                         const TrainSettings& train) {
  const bool freezes = std::any_of(train.groups.begin(), train.groups.end(),
                                   [](const ParameterGroup& group) { return group.freeze; });
  if (!freezes) return model;
  const auto trains = [](const ModelTensor& tensor) { return tensor.trainable; };
  Model frozen = *model;
  for (ModelTensor& tensor : frozen.tensors)
    if (is_frozen(tensor, train)) tensor.trainable = tensor.unused = false;
  if (std::any_of(model->tensors.begin(), model->tensors.end(), trains) &&
      std::none_of(frozen.tensors.begin(), frozen.tensors.end(), trains))
    throw Error(ErrorCode::kInvalid, model->where,
                "every trainable parameter is in a [[train.group]] with freeze = true, so that "
                "nothing would be trained");
  return std::make_shared<const Model>(std::move(frozen));
}

void check_optimizer(const Model& model, const TrainSettings& train, Findings& findings) {
  const OptimizerRow& row = *find_optimizer(train.optimizer);
  const std::vector<bool> sparse = sparse_gradients(model);
  const auto wrong = [&](std::size_t i) {
    if (!model.tensors[i].trainable) return false;
    if (row.trains == Trains::kMatrices) return model.tensors[i].tensor.shape.size() != 2;
    if (row.trains == Trains::kAll) return false;
    return sparse[i] != (row.trains == Trains::kSparse);
  };
  for (std::size_t i = 0; i < model.tensors.size(); ++i)
    if (wrong(i))
      return findings.add(ErrorCode::kInvalid, model.where, refusal(row, model.tensors[i]));
  const bool any = std::count(sparse.begin(), sparse.end(), true) > 0;
  if (any && (train.clip_grad_norm > 0 || train.accumulate > 1))
    findings.add(
        ErrorCode::kInvalid, model.where,
        "has embeddings with sparse gradients, for which clip_grad_norm and accumulate are "
        "not there; leave them out, or make the embeddings with sparse=False");
}

void check_groups(const Model& model, const TrainSettings& train) {
  const std::string pattern = unmatched_group(model, train);
  if (pattern.empty()) return;
  throw Error(ErrorCode::kInvalid, model.where,
              fmt::format("[[train.group]] match = \"{}\" names none of the model's parameters: {}",
                          pattern, some_names(model)));
}

}  // namespace amalgam
