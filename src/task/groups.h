// Groups of parameters by their owner's names, on a model.
#pragma once

#include <memory>

#include "amalgam/error.h"
#include "amalgam/graph.h"
#include "amalgam/recipe.h"

namespace amalgam {

// The model with the parameters of frozen groups untrained; itself where there are none. Throws
// kInvalid where nothing remains.
std::shared_ptr<const Model> with_frozen(std::shared_ptr<const Model> model,
                                         const TrainSettings& train);
// That the optimizer can train all parameters that are to be trained.
void check_optimizer(const Model& model, const TrainSettings& train, Findings& findings);
// The first pattern of a group that names none of the model's parameters; empty: each names one.
std::string unmatched_group(const Model& model, const TrainSettings& train);
// That there is none such.
void check_groups(const Model& model, const TrainSettings& train);

}  // namespace amalgam
