#include "task/text_input.h"

#include <algorithm>

#include "formats/losses.h"

namespace amalgam {
namespace {

constexpr std::uint64_t kLeastVocabulary = 8;

TextReading::Labels labels_for(const std::string& loss) {
  switch (loss_row(loss).targets) {
    case TargetKind::kOwnTokens:
    case TargetKind::kModels:
      return TextReading::Labels::kNone;
    case TargetKind::kClasses:
    case TargetKind::kProgram:
      return TextReading::Labels::kClasses;
    case TargetKind::kClassLists:
    case TargetKind::kValues:
      break;
  }
  return TextReading::Labels::kNumbers;
}

bool predicts_tokens(const TaskNetwork& network) {
  return loss_row(network.train.loss).targets == TargetKind::kOwnTokens;
}

}  // namespace

TextReading text_reading(const TaskSettings& settings, const Model& model,
                         const TextLibrary* library) {
  TextReading reading;
  reading.library = library;
  reading.settings = settings.text;
  reading.labels = labels_for(settings.train.loss);
  bool named = false;
  for (const ModelInput& input : model.train().inputs) {
    if (input.name == "attention_mask" && model.train().inputs.size() > 1) {
      reading.mask = true;
    } else if (input.name == "token_type_ids" && model.train().inputs.size() > 1) {
      reading.token_types = true;
    } else if (!named) {
      reading.tokens = input.name;
      named = true;
      const Value& value = model.train().values[input.value];
      reading.real_inputs = is_floating(value.dtype);
      const auto& shape = value.shape;
      if (shape.size() == 2 && !shape[1].symbolic) reading.taken_length = shape[1].size;
    }
  }
  return reading;
}

std::vector<std::size_t> token_fields(const Dataset& data, const TaskNetwork& network) {
  const Program& program = network.model->train();
  const auto uses = find_token_uses(*network.model, program);
  std::vector<std::size_t> fields;
  for (std::size_t i = 0; i < program.inputs.size(); ++i) {
    const std::string& name = program.inputs[i].name;
    const auto& field = network.field_of_input[i];
    if (!field || data.fields[*field].tensor.dtype == DType::kFloat32 || name == "token_type_ids" ||
        name == "position_ids")
      continue;
    const auto& use = uses[i];
    const bool next = i == 0 && predicts_tokens(network);
    if (next || (use && use->one_vocabulary && use->vocabulary >= kLeastVocabulary))
      fields.push_back(*field);
  }
  return fields;
}

Vocabulary vocabulary_of(const Dataset& data, const TaskNetwork& network,
                         const std::vector<std::size_t>& tokens) {
  if (loss_row(network.train.loss).targets == TargetKind::kModels)
    return {0, {}, true, "its loss is the model's own, which may compare numbers of tokens"};
  VocabularyUse use;
  for (const std::size_t token : tokens) {
    for (const Flow* flow : {&network.in_training, &network.in_evaluation})
      if (std::count(flow->taken.begin(), flow->taken.end(), token) > 0)
        return {0, {}, true, "a transform reads the numbers of its tokens"};
    const auto& fields = network.field_of_input;
    const auto input = std::find(fields.begin(), fields.end(), std::optional(token));
    use.inputs.push_back(static_cast<std::size_t>(input - fields.begin()));
  }
  use.over_output = predicts_tokens(network);
  Vocabulary vocabulary = find_vocabulary(*network.model, use);
  for (const std::size_t field : tokens)
    if (data.fields[field].tensor.dtype == DType::kUInt8 && vocabulary.size > 256)
      return {0, {}, true, "its tokens are bytes, and the vocabulary has more than 256"};
  vocabulary.exact = vocabulary.exact && network.train.clip_grad_norm == 0;
  return vocabulary;
}

}  // namespace amalgam
