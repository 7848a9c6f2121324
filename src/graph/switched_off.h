// Layers that act in training alone, and what an export may have made of them.
#pragma once

#include <cstddef>
#include <string>

#include "amalgam/graph.h"

namespace amalgam {

// Uses of layers that the graph has as eval mode has them, where it leaves no doubt of that.
struct SwitchedOff {
  std::size_t batch_norms = 0, instance_norms = 0;  // by running statistics, never updated
  std::size_t dropouts = 0;                         // with p > 0, of any kind
  std::size_t recurrent = 0;                        // LSTM and its kin, whose dropout is off

  bool any() const { return batch_norms + instance_norms + dropouts + recurrent > 0; }
};

SwitchedOff switched_off(const Graph& graph);

// Whether a layer does in eval mode what it does in training, whatever it is switched to: a norm
// without running statistics.
bool is_modeless(const Node& node);

// Whether the graph hands new running statistics out of a batch norm, to be copied into the buffers
// behind it, instead of leaving the update to the operation.
bool copies_statistics(const Program& program);

}  // namespace amalgam
