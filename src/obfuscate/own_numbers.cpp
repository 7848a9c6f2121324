#include "obfuscate/own_numbers.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "base/hash.h"
#include "formats/losses.h"
#include "formats/recipe_json.h"

namespace amalgam {
namespace {

bool has_weights(const TrainSettings& train) {
  const LossRow& row = loss_row(train.loss);
  return std::any_of(train.loss_arguments.begin(), train.loss_arguments.end(),
                     [&](const auto& given) {
                       return find_argument(row, given.first)->kind == ArgumentKind::kWeights;
                     });
}

// Of real numbers in what stands beside the model; the model's own are told of elsewhere.
void hash_programs(Blake2b& hash, const Model& model, bool& any) {
  for (const ModelTensor& tensor : model.tensors) {
    if (tensor.of_model() || !is_floating(tensor.tensor.dtype) || !tensor.tensor.source) continue;
    std::vector<std::byte> bytes(tensor.tensor.bytes());
    tensor.tensor.source->read(0, bytes);
    hash.update(bytes);
    any = true;
  }
}

// Empty where a task has no such numbers.
std::string own_numbers(const Task& task) {
  Blake2b hash;
  bool any = has_weights(task.network.train);
  if (any) hash.update_field(settings_text(task.network.train));
  hash_programs(hash, *task.network.model, any);
  return any ? to_hex(hash.finish()) : "";
}

}  // namespace

std::vector<std::string> own_number_notes(std::span<const Task> given) {
  std::map<std::string, std::vector<std::string>> by_numbers;
  for (const Task& task : given)
    if (const std::string numbers = task.has_own_data ? own_numbers(task) : ""; !numbers.empty())
      by_numbers[numbers].push_back("'" + task.label + "'");
  std::vector<std::string> notes;
  for (const auto& [numbers, labels] : by_numbers)
    if (labels.size() > 1)
      notes.push_back(fmt::format(
          "The losses or transforms of {} hold the same numbers (class weights, means). If they "
          "were computed from the data of one, they fit its stream alone, and that can be seen: "
          "give each a model and numbers of its own, or take numbers that are of none of them.",
          fmt::join(labels, ", ")));
  return notes;
}

}  // namespace amalgam
