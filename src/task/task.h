// A task, loaded and checked: its model, its data, its part of the recipe, and that they fit each
// other.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "amalgam/dataset.h"
#include "amalgam/recipe.h"
#include "weave/network.h"
#include "weave/samples.h"

namespace amalgam {

struct Task {
  std::string label;  // for messages: its name, or its files
  TaskNetwork network;
  TaskShape shape;
  TaskRows rows;
  std::shared_ptr<const Dataset> data;        // the training data; what generators imitate
  std::shared_ptr<const Dataset> validation;  // may be null
  std::uint64_t classes = 0;                  // of cross entropy; else 0
};

// Opens the files of `settings` and checks them against each other. Throws with all findings.
Task load_task(const TaskSettings& settings, const JobSettings& job);

// A generated decoy: the same graph with values of the same form, on rows that `noise` makes up, as
// many as the job's.
Task generated_task(const Task& like, const std::string& noise, const Secret& seed,
                    const std::string& name, std::uint64_t rows, std::uint64_t held_out_rows);

// From the content of model and training data, sampled where they are large; hexadecimal. It orders
// tasks and names their streams of random numbers, and has no need to withstand forgery.
std::string task_fingerprint(const Model& model, const Dataset& data);

}  // namespace amalgam
