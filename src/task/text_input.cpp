#include "task/text_input.h"

#include "graph/tokens.h"

namespace amalgam {
namespace {

constexpr std::uint64_t kLeastVocabulary = 8;

TextReading::Labels labels_for(Loss loss) {
  switch (loss) {
    case Loss::kNextToken:
      return TextReading::Labels::kNone;
    case Loss::kCrossEntropy:
      return TextReading::Labels::kClasses;
    default:
      return TextReading::Labels::kNumbers;
  }
}

}  // namespace

TextReading text_reading(const TaskSettings& settings, const Model& model,
                         const TextLibrary* library) {
  TextReading reading;
  reading.library = library;
  reading.settings = settings.text;
  reading.labels = labels_for(settings.train.loss);
  bool named = false;
  for (const ModelInput& input : model.train.inputs) {
    if (input.name == "attention_mask" && model.train.inputs.size() > 1) {
      reading.mask = true;
    } else if (input.name == "token_type_ids" && model.train.inputs.size() > 1) {
      reading.token_types = true;
    } else if (!named) {
      reading.tokens = input.name;
      named = true;
    }
  }
  return reading;
}

std::vector<std::size_t> token_fields(const Dataset& data, const TaskNetwork& network) {
  const Program& program = network.model->train;
  std::vector<std::size_t> fields;
  for (std::size_t i = 0; i < program.inputs.size(); ++i) {
    const std::size_t f = network.field_of_input[i];
    const std::string& name = program.inputs[i].name;
    if (data.features[f].tensor.dtype == DType::kFloat32 || name == "token_type_ids" ||
        name == "position_ids")
      continue;
    const auto use = find_token_use(*network.model, program, i);
    const bool next = i == 0 && network.train.loss == Loss::kNextToken;
    if (next || (use && use->vocabulary >= kLeastVocabulary)) fields.push_back(f);
  }
  return fields;
}

}  // namespace amalgam
