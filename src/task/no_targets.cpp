#include "task/no_targets.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <set>

#include "formats/array_names.h"
#include "task/available.h"
#include "task/field_names.h"

namespace amalgam {

std::string no_targets_cure(const Dataset& data, const Model& model) {
  std::set<std::string> inputs = {"x"};
  for (const ModelInput& input : model.train().inputs) inputs.insert(input.name);
  std::vector<std::string> taken, others;
  for (const Field& field : data.features()) {
    const std::string name = in_small_letters(field.name);
    if (name != "x" && inputs.contains(name) && is_usual_target(name))
      return fmt::format(
          "has no targets, and the model takes '{}' itself: with loss = \"model\" in [train] its "
          "own loss is trained",
          field.name);
    (inputs.contains(name) ? taken : others).push_back(field.name);
  }
  if (has_usual_names(data))
    return naming_cure(data) + ", or name them in the recipe: [data] targets";
  if (!taken.empty() && !others.empty())
    return fmt::format(
        "has no targets: [data] targets says which fields they are, as in targets = [\"{}\"]",
        fmt::join(others, "\", \""));
  const bool tokens = data.feature_count() == 1 && !is_floating(data.fields[0].tensor.dtype);
  return naming_cure(data) + (tokens ? "; or let a transform make them of '" + data.fields[0].name +
                                           "' ([input] transform)"
                                     : "");
}

}  // namespace amalgam
