// A task as plan, weave and job know it: all tasks are alike here, and nothing of their owners is.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "amalgam/graph.h"
#include "amalgam/recipe.h"
#include "formats/rows.h"
#include "plan/plan.h"
#include "variants/form.h"

namespace amalgam {

// What a task brings to the augmented model.
struct TaskNetwork {
  std::shared_ptr<const Model> model;
  // Of each field, without the batch: a feature's as the model's input of that place takes it, a
  // target's as the loss does.
  std::vector<Shape> sample_shapes;
  // Of a loss of classes: that their scores are the output's last dimension, not the first behind
  // the batch; and that targets are class numbers, not probabilities.
  bool classes_last = false, class_numbers = true;
  // With next tokens as targets: the field whose zeros say which positions are padding.
  std::optional<std::size_t> mask_field;
  // Tensors whose rows the tokens number; empty: the numbers stay as they are.
  std::vector<std::size_t> vocabulary;
  std::vector<Start> starts;  // of the model's tensors; empty: all keep their values
  TrainSettings train;
  InputSettings input;
  // Where Program::received comes from: a sub-network of the job, and the place among what it
  // sends.
  struct Sender {
    std::size_t subnetwork, place;
  };
  std::vector<Sender> receives;
};

// Its rows, for training and held out; held_out is null where training rows are set aside.
struct TaskRows {
  std::shared_ptr<const RowSource> training;
  std::shared_ptr<const RowSource> held_out;
};

// Fields are numbered alike in all three: features in the order of the model's inputs, then
// targets.
struct JobTask {
  TaskShape shape;
  TaskNetwork network;
  TaskRows rows;
};

}  // namespace amalgam
