// What training does to each of a model's tensors, as far as its graph says.
#pragma once

#include <cstdint>
#include <vector>

#include "amalgam/graph.h"

namespace amalgam {

// Whether what comes out may be the very memory that went in, for some arguments at least.
bool may_hand_on(const Node& node);

enum class TensorKind {
  kParameter,  // the optimizer changes it
  kFrozen,     // a parameter that nothing changes
  kBuffer,     // the graph writes to it, or may
  kConstant,   // a buffer or constant that nothing changes
  kVariance,   // a buffer of running variances: never below 0
  kCounter,    // a whole number that grows by `per_batch` with each batch
  kPositions,  // the columns that a sub-network of a job reads; no model has any
};

struct TensorUse {
  TensorKind kind = TensorKind::kParameter;
  std::uint64_t per_batch = 0;
};

// One for each tensor. What an operation that the table does not know takes may be written to, so
// kFrozen and kConstant are said only where that is sure.
std::vector<TensorUse> tensor_uses(const Model& model);

}  // namespace amalgam
