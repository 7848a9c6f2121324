#include "graph/switched_off.h"

#include <set>
#include <string_view>
#include <vector>

#include "graph/values.h"

namespace amalgam {
namespace {

using Names = std::set<std::string_view>;

bool is_false(const Node& node, std::string_view argument) {
  const Argument* found = node.find(argument);
  const bool* on = found ? found->get<bool>() : nullptr;
  return on && !*on;
}

bool has_value(const Node& node, std::string_view argument) {
  const Argument* found = node.find(argument);
  return found && found->get<ValueRef>();
}

double number(const Node& node, std::string_view argument) {
  const Argument* found = node.find(argument);
  if (!found) return 0;
  if (const double* real = found->get<double>()) return *real;
  const std::int64_t* whole = found->get<std::int64_t>();
  return whole ? static_cast<double>(*whole) : 0;
}

bool is_batch_norm_off(const Node& node) {
  static const Names kSwitched = {"batch_norm", "native_batch_norm", "_batch_norm_impl_index",
                                  "miopen_batch_norm"};
  static const Names kOff = {"_native_batch_norm_legit_no_training", "_batch_norm_no_update"};
  if (!has_value(node, "running_mean")) return false;
  return kOff.count(node.op) > 0 || (kSwitched.count(node.op) > 0 && is_false(node, "training"));
}

bool is_dropout_off(const Node& node) {
  static const Names kOps = {"dropout",
                             "dropout_",
                             "alpha_dropout",
                             "alpha_dropout_",
                             "feature_dropout",
                             "feature_dropout_",
                             "native_dropout",
                             "feature_alpha_dropout",
                             "feature_alpha_dropout_"};
  return kOps.count(node.op) > 0 && is_false(node, "train") && number(node, "p") > 0;
}

bool is_recurrent_off(const Node& node) {
  static const Names kOps = {"lstm", "gru", "rnn_tanh", "rnn_relu"};
  return kOps.count(node.op) > 0 && is_false(node, "train") && number(node, "dropout") > 0 &&
         number(node, "num_layers") > 1;
}

void count(const Graph& graph, SwitchedOff& off) {
  for (const Node& node : graph.nodes) {
    if (node.body) count(*node.body, off);
    if (node.kind != NodeKind::kAten || node.space != "aten") continue;
    off.batch_norms += is_batch_norm_off(node) ? 1 : 0;
    off.instance_norms += node.op == "instance_norm" && is_false(node, "use_input_stats") &&
                                  has_value(node, "running_mean")
                              ? 1
                              : 0;
    off.dropouts += is_dropout_off(node) ? 1 : 0;
    off.recurrent += is_recurrent_off(node) ? 1 : 0;
  }
}

// The statistics that batch norms hand out beside their output.
void collect_statistics(const Graph& graph, std::vector<bool>& handed_out) {
  static const Names kOps = {"_native_batch_norm_legit_functional",
                             "_batch_norm_with_update_functional"};
  constexpr std::size_t kFirst = 3;  // behind the output and what the backward pass needs
  for (const Node& node : graph.nodes) {
    if (node.body) collect_statistics(*node.body, handed_out);
    if (node.kind != NodeKind::kAten || kOps.count(node.op) == 0) continue;
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
