// Which of a recipe's groups a parameter belongs to.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include "amalgam/graph.h"
#include "amalgam/recipe.h"
#include "base/json.h"

namespace amalgam {

// Whether a pattern names the tensor, by any of its owner's names: * is any letters, ? any one.
bool is_named(const ModelTensor& tensor, const std::string& pattern);
// The first group that names it; none: the task's own settings hold, as for what is no parameter.
std::optional<std::size_t> group_of(const ModelTensor& tensor, const TrainSettings& train);

// Whether a group leaves it untrained.
bool is_frozen(const ModelTensor& tensor, const TrainSettings& train);
// The groups that have trained parameters: of each their names, which `names` has by tensor, and
// all arguments of the optimizer.
Json groups_json(const Model& model, const TrainSettings& train,
                 std::span<const std::string> names);

}  // namespace amalgam
