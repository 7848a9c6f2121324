// Which of a recipe's groups a parameter belongs to.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "amalgam/graph.h"
#include "amalgam/recipe.h"

namespace amalgam {

// Whether a pattern names the tensor, by any of its owner's names: * is any letters, ? any one.
bool is_named(const ModelTensor& tensor, const std::string& pattern);
// The first group that names it; none: the task's own settings hold, as for what is no parameter.
std::optional<std::size_t> group_of(const ModelTensor& tensor, const TrainSettings& train);

// The parameters of each group that are trained, by their indices.
std::vector<std::vector<std::size_t>> trained_of_groups(const Model& model,
                                                        const TrainSettings& train);

}  // namespace amalgam
