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

// Where something that a program takes comes from.
struct Source {
  enum class From : std::uint8_t {
    kField,      // a stored field
    kTransform,  // an output of the transform, by its place among those that its method returns
    kOutput,     // the same of the model
    kTarget,     // a target, by its place among those of the flow
  };
  From from = From::kField;
  std::size_t index = 0;

  bool operator==(const Source&) const = default;
};

// What a loss compares with.
struct Target {
  Source source;
  DType dtype = DType::kFloat32;
  Shape shape;  // of one sample, as the loss takes it
};

// How stored fields reach the model and the loss, in training or in evaluation.
struct Flow {
  std::optional<ProgramRole> transform;  // that is applied to them; none: they stay as they are
  std::vector<std::size_t> taken;        // the fields that it takes, in the order of its inputs
  std::vector<std::size_t> given;        // which of its outputs its method returns
  std::vector<Shape> shapes;             // of each stored field, without the batch, as it is taken
  std::vector<Source> inputs;            // of the model
  std::vector<Target> targets;
  bool class_numbers = true;  // of a loss of classes: its target is no probabilities
};

// What a task brings to the augmented model.
struct TaskNetwork {
  std::shared_ptr<const Model> model;
  Flow in_training, in_evaluation;
  // The stored field behind each of the model's inputs, directly or by the same name through a
  // transform.
  std::vector<std::optional<std::size_t>> field_of_input;
  // Of a loss that is a program: outputs of the model and targets, in the order of its inputs.
  std::vector<Source> loss_inputs;
  // The same of a metric that is a program; and whether what training compares with fits it.
  std::vector<Source> metric_inputs;
  bool metric_in_training = true;
  // Of a loss of classes: that their scores are the output's last dimension, not the first behind
  // the batch.
  bool classes_last = false;
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

  // Of each stored field, without the batch, as training takes it.
  const std::vector<Shape>& sample_shapes() const { return in_training.shapes; }
  // Whether forward() hands targets on to loss(): a transform makes them.
  bool makes_targets() const;
};

// Its rows, for training and held out; held_out is null where training rows are set aside.
struct TaskRows {
  std::shared_ptr<const RowSource> training;
  std::shared_ptr<const RowSource> held_out;
};

// Of one sample of the model's input, as the flow brings it; and its dtype, of these fields.
Shape input_shape(const TaskNetwork& network, const Flow& flow, std::size_t input);
DType input_dtype(const TaskShape& shape, const TaskNetwork& network, const Flow& flow,
                  std::size_t input);

// Fields are numbered alike in all three: features in the order of the model's inputs, and behind
// them those that transforms alone take, then targets.
struct JobTask {
  TaskShape shape;
  TaskNetwork network;
  TaskRows rows;
};

}  // namespace amalgam
