// A task, loaded and checked: its model, its data, its part of the recipe, and that they fit each
// other.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "amalgam/dataset.h"
#include "amalgam/recipe.h"
#include "graph/tokens.h"
#include "noise/generator.h"
#include "weave/task.h"

namespace amalgam {

// What goes into a job, and what stays at home. The fingerprint of its shape is that of its
// content, unless the job is made like another.
struct Task : JobTask {
  std::string label;                                 // for messages: its name, or its files
  std::string content;                               // fingerprint of model and data
  std::shared_ptr<const Dataset> data;               // the training data; what generators imitate
  std::shared_ptr<const Dataset> validation;         // may be null
  bool has_own_data = true;                          // not made up
  std::optional<std::vector<std::uint64_t>> chosen;  // of the training data's rows; none: all
  std::uint64_t classes = 0;                         // of cross entropy; else 0
  std::vector<std::size_t> tokens;                   // features that hold numbers of tokens
  Vocabulary vocabulary;  // of these, and whether it can be numbered anew
};

// A task's files, opened. The results of the model's programs are the output that the recipe names.
std::shared_ptr<const Model> load_model(const TaskSettings& settings);
struct TaskData {
  std::shared_ptr<const Dataset> training;
  std::shared_ptr<const Dataset> validation;  // may be null
};
// `reading` says how images are decoded; channels and size follow from model and recipe. With
// `fit`, images are brought into the shape that the model takes, and the datasets' notes say so.
TaskData load_data(const TaskSettings& settings, const Model& model, const DatasetOptions& reading,
                   bool fit);

// The task of a model and data, checked against each other. Throws with all findings.
Task make_task(const TaskSettings& settings, const std::shared_ptr<const Model>& model,
               const TaskData& data, const JobSettings& job);

// All three at once, for a task that has a model and data of its own.
Task load_task(const TaskSettings& settings, const JobSettings& job, const DatasetOptions& reading,
               bool fit = false);

// The data as images of the model's input shape, and class numbers below the model's number of
// classes: for generated data to imitate. Throws kInvalid where it can't be.
std::shared_ptr<const Dataset> data_like(const Dataset& data, const Model& model,
                                         const ImageLibrary* images);

// What a generated decoy is made of.
struct GeneratedDecoy {
  std::string name;  // of its streams of random numbers
  std::shared_ptr<const Model> model;
  std::vector<Start> starts;  // of its tensors
  NoiseKind noise;
};

// A decoy like `like`: the variant, on rows that the generator makes up. It has as many rows as
// `like`, for training and held out, and the same targets in another order.
Task generated_task(const Task& like, const GeneratedDecoy& decoy, const Secret& seed);

// From the content of model and training data, sampled where they are large; hexadecimal. It orders
// tasks and names their streams of random numbers, and has no need to withstand forgery.
std::string task_fingerprint(const Model& model, const Dataset& data);
std::string model_fingerprint(const Model& model);
std::string data_fingerprint(const Dataset& data);
// TaskShape::row_order of data and its held-out rows, which may be null: from the largest feature,
// whatever else tasks take of the same rows.
std::string row_order(const Dataset& data, const Dataset* held_out);

}  // namespace amalgam
