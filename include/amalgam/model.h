// Reading a model, and what can be said of it.
#pragma once

#include <filesystem>
#include <optional>

#include "amalgam/graph.h"

namespace amalgam {

// The .pt2 archives of a task: its training graph, another of evaluation over the same parameters,
// and what is computed beside the model.
struct ModelFiles {
  std::filesystem::path train;
  std::optional<std::filesystem::path> eval = std::nullopt, loss = std::nullopt,
                                       transform = std::nullopt, eval_transform = std::nullopt,
                                       metric = std::nullopt;
};

// Throws kUnsupported (a version, namespace, argument or custom object that can't be carried into a
// job; a transform that would be trained), kDamaged, or kInvalid (a fixed batch size, an eval graph
// over other tensors), one finding for each.
Model read_model(const ModelFiles& files);

// Whether the program of that role brought parameters.
bool has_parameters(const Model& model, ProgramRole role);

// Multiply-adds count as two. `unknown` names the operations whose cost the table does not know.
struct Cost {
  double flops_per_sample = 0;  // of one forward pass
  std::vector<std::string> unknown;
};
Cost forward_cost(const Model& model);

// Nanoseconds that a training step takes on a CPU, an estimate: ratios of two models are what it is
// good for. Operations without a known cost count as if they wrote their output once.
double step_cost(const Model& model, std::uint64_t batch);

// Bytes that a forward pass in training keeps for the backward pass, a sample: what operations put
// out, views and changes in place aside. An estimate: kernels may keep less, or more.
double activation_bytes_per_sample(const Model& model);

// Elements of all parameters.
std::uint64_t parameter_count(const Model& model);

// The output that the loss takes: its only tensor, or the one called `name` ("logits" when empty).
// Throws kInvalid, naming the outputs there are.
std::size_t find_output(const Program& program, const std::string& name, const std::string& where);

// By tensor: whether an embedding over it asks for sparse gradients.
std::vector<bool> sparse_gradients(const Model& model);

// Whether the training graph casts by itself: under bf16 autocast it then equals eager training up
// to rounding only.
bool casts_by_itself(const Model& model);

// Shape of one sample of a value whose first dimension is the batch. Throws kInvalid when that is
// not so.
Shape sample_shape(const Value& value, const std::string& where);

}  // namespace amalgam
