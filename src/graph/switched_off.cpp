#include "graph/switched_off.h"

#include <vector>

#include "graph/arguments.h"
#include "graph/operations/table.h"
#include "graph/values.h"

namespace amalgam {
namespace {

bool drops(const Node& node, std::string_view share) { return number_argument(node, share) > 0; }

void count(const Node& node, SwitchedOff& off) {
  const Operation* row = is_modeless(node) ? nullptr : find_operation(node);
  switch (row ? row->mode : Switch::kNone) {
    case Switch::kNone:
      return;
    case Switch::kBatchNorm:
      if (row->has(Trait::kSwitchedOff) || is_false(node, "training")) ++off.batch_norms;
      return;
    case Switch::kInstanceNorm:
      if (is_false(node, "use_input_stats")) ++off.instance_norms;
      return;
    case Switch::kDropout:
      if (is_false(node, "train") && drops(node, "p")) ++off.dropouts;
      return;
    case Switch::kRecurrent:
      if (is_false(node, "train") && drops(node, "dropout") &&
          number_argument(node, "num_layers") > 1)
        ++off.recurrent;
      return;
  }
}

void count(const Graph& graph, SwitchedOff& off) {
  for (const Node& node : graph.nodes) {
    if (node.body) count(*node.body, off);
    count(node, off);
  }
}

// The statistics that batch norms hand out beside their output.
void collect_statistics(const Graph& graph, std::vector<bool>& handed_out) {
  constexpr std::size_t kFirst = 3;  // behind the output and what the backward pass needs
  for (const Node& node : graph.nodes) {
    if (node.body) collect_statistics(*node.body, handed_out);
    if (!has(node, Trait::kGivesStatistics)) continue;
    for (std::size_t i = kFirst; i < node.outputs.size(); ++i)
      for (const ValueId id : node.outputs[i].ids) handed_out[id] = true;
  }
}

}  // namespace

SwitchedOff switched_off(const Graph& graph) {
  SwitchedOff off;
  count(graph, off);
  return off;
}

bool is_modeless(const Node& node) {
  const Operation* row = find_operation(node);
  const bool norm = row && (row->mode == Switch::kBatchNorm || row->mode == Switch::kInstanceNorm);
  return norm && !value_argument(node, "running_mean");
}

bool copies_statistics(const Program& program) {
  std::vector<bool> handed_out(program.values.size());
  collect_statistics(program.graph, handed_out);
  bool used = false;
  const auto look = [&](ValueId id) { used = used || handed_out[id]; };
  for (const BufferUpdate& update : program.updates) look(update.value);
  for (const Node& node : program.graph.nodes) for_each_read(node, look);
  return used;
}

}  // namespace amalgam
