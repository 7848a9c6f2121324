#include "formats/array_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

namespace amalgam {
namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

// Names that others give to targets, the likelier ones first.
constexpr std::array kTargets = {"y_train", "train_labels", "train_y", "label", "target",
                                 "class",   "ys",           "y",       "arr_1"};

const Field* find_targets(const Dataset& data) {
  for (const char* known : kTargets)
    for (const Field& field : data.features())
      if (lower(field.name) == known || (lower(field.name).find(known) != std::string::npos &&
                                         std::string_view(known).size() > 2))
        return &field;
  return nullptr;
}

// The first other array with as many rows; one of training data before others.
const Field* find_features(const Dataset& data, const Field& targets) {
  const Field* found = nullptr;
  for (const Field& field : data.features()) {
    if (&field == &targets || field.rows() != targets.rows()) continue;
    const bool trains = lower(field.name).find("train") != std::string::npos;
    if (!found || (trains && lower(found->name).find("train") == std::string::npos)) found = &field;
  }
  return found;
}

}  // namespace

bool has_usual_names(const Dataset& data) {
  const Field* targets = find_targets(data);
  return targets && find_features(data, *targets);
}

std::string naming_cure(const Dataset& data) {
  std::string names;
  for (const Field& field : data.features())
    names += fmt::format("{}'{}' {}", names.empty() ? "" : ", ", field.name,
                         to_string(field.tensor.shape));
  const Field* targets = find_targets(data);
  const Field* features = targets ? find_features(data, *targets) : nullptr;
  std::string cure = "name them: numpy.savez('new.npz', x=..., y=...)";
  if (features)
    cure = fmt::format(
        "name them: d = {}('{}'); numpy.savez('new.npz', x=d['{}'], y=d['{}'])",
        data.where.ends_with(".safetensors") ? "safetensors.numpy.load_file" : "numpy.load",
        data.where, features->name, targets->name);
  else if (data.features().size() == 1)
    cure += fmt::format(", or give two files, features first: {},TARGETS", data.where);
  return fmt::format(
      "has no targets: an array named 'y' was expected beside the features, and it holds {}; {}",
      names, cure);
}

}  // namespace amalgam
