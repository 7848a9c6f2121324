#include "task/text_input.h"

namespace amalgam {
namespace {

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

}  // namespace amalgam
