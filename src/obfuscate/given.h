// The first stage: what the options name, opened and checked.
#pragma once

#include <memory>
#include <vector>

#include "amalgam/obfuscate.h"
#include "task/task.h"

namespace amalgam {

// "@DATA": it gets a variant of the first wanted task's model.
struct DataGuest {
  TaskSettings settings;
  TaskData data;
};

// "MODEL@": it gets data that imitates the first wanted task's.
struct ModelGuest {
  TaskSettings settings;
  std::shared_ptr<const Model> model;
};

struct Given {
  std::vector<Task> wanted;  // in the order of the recipe's tasks, as are the guests
  std::vector<Task> guests;  // with a model and data of their own
  std::vector<DataGuest> on_data;
  std::vector<ModelGuest> on_models;
};

// How data is read, as the options say.
DatasetOptions reading_of(const ObfuscateOptions& options);

// How a model's training starts: nothing is drawn anew where all values are kept.
std::vector<Start> starts_of(const Model& model, StartPolicy policy);

// All is loaded before any finding stops the work, so that a user sees everything that is wrong.
// Throws with all findings: of the wanted tasks, or where these are right, of the guests.
Given load_given(const ObfuscateOptions& options);

}  // namespace amalgam
