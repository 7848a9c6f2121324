#include <algorithm>
#include <array>

#include "variants/changes.h"

namespace amalgam {
namespace {

// What may stand for one another; the first four also exist in place, as "relu_". All take "self"
// first and no further argument that lacks a default.
constexpr std::array<std::string_view, 5> kFamily = {"relu", "silu", "leaky_relu", "hardswish",
                                                     "gelu"};
constexpr std::size_t kAlsoInPlace = 4;
// May be replaced, but is not drawn: its arguments make it another function (ReLU6).
constexpr std::string_view kOther = "hardtanh";

bool in_place(const Node& node) { return node.op.ends_with('_'); }

std::string base_of(const Node& node) {
  return in_place(node) ? node.op.substr(0, node.op.size() - 1) : node.op;
}

bool is_activation(const Node& node) {
  const std::string base = base_of(node);
  return node.kind == NodeKind::kAten && node.space == "aten" && node.overload == "default" &&
         (base == kOther || std::find(kFamily.begin(), kFamily.end(), base) != kFamily.end());
}

void replace(Graph& graph, const std::string& from, const std::string& to) {
  for (Node& node : graph.nodes) {
    if (node.body) {
      Graph body = *node.body;
      replace(body, from, to);
      node.body = std::make_shared<const Graph>(std::move(body));
    }
    if (!is_activation(node) || base_of(node) != from) continue;
    node.op = to + (in_place(node) ? "_" : "");
    node.arguments.resize(1);
  }
}

struct Found {
  std::vector<std::string> bases;
  bool any_in_place = false;
};

void collect(const Graph& graph, Found& found) {
  for (const Node& node : graph.nodes) {
    if (node.body) collect(*node.body, found);
    if (!is_activation(node)) continue;
    found.any_in_place = found.any_in_place || in_place(node);
    if (std::find(found.bases.begin(), found.bases.end(), base_of(node)) == found.bases.end())
      found.bases.push_back(base_of(node));
  }
}

}  // namespace

// One kind everywhere, as a person would.
bool change_activations(ChangedModel& changed, RandomStream& random) {
  Graph& graph = changed.model.train.graph;
  Found found;
  collect(graph, found);
  if (found.bases.empty()) return false;
  const std::string from = found.bases[random.below(found.bases.size())];
  std::string_view to = from;
  while (to == from) to = kFamily[random.below(found.any_in_place ? kAlsoInPlace : kFamily.size())];
  replace(graph, from, std::string(to));
  return true;
}

}  // namespace amalgam
