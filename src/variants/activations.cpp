#include <algorithm>

#include "graph/operations/table.h"
#include "variants/changes.h"

namespace amalgam {
namespace {

// The names of what may stand for one another, in the table's order; with `in_place`, of those that
// also exist in place.
std::vector<std::string> interchangeable(bool in_place) {
  std::vector<std::string> names;
  for (const Family& family : operation_families())
    for (const Operation& row : family.rows)
      if (row.has(Trait::kInterchangeable) &&
          (!in_place || find_operation(in_place_twin(row.name))))
        names.emplace_back(row.name);
  return names;
}

// The name of an activation that another may stand for, as it is where it does not work in place;
// empty for all other operations.
std::string replaceable(const Node& node) {
  if (node.kind != NodeKind::kAten) return {};
  const std::string name = is_in_place(node.op) ? in_place_twin(node.name()) : node.name();
  const Operation* row = find_operation(name);
  const bool is = row && (row->has(Trait::kInterchangeable) || row->has(Trait::kReplaceable));
  return is ? name : std::string();
}

void replace(Graph& graph, const std::string& from, const std::string& to) {
  for (Node& node : graph.nodes) {
    if (node.body) {
      Graph body = *node.body;
      replace(body, from, to);
      node.body = std::make_shared<const Graph>(std::move(body));
    }
    if (replaceable(node) != from) continue;
    const std::string name = is_in_place(node.op) ? in_place_twin(to) : to;
    node.op = name.substr(0, name.find('.'));
    node.overload = name.substr(node.op.size() + 1);
    node.arguments.resize(1);
  }
}

struct Found {
  std::vector<std::string> names;  // each once
  bool any_in_place = false;
};

void collect(const Graph& graph, Found& found) {
  for (const Node& node : graph.nodes) {
    if (node.body) collect(*node.body, found);
    const std::string name = replaceable(node);
    if (name.empty()) continue;
    found.any_in_place = found.any_in_place || is_in_place(node.op);
    if (std::find(found.names.begin(), found.names.end(), name) == found.names.end())
      found.names.push_back(name);
  }
}

}  // namespace

// One kind everywhere, as a person would.
bool change_activations(ChangedModel& changed, RandomStream& random) {
  Graph& graph = changed.model.train().graph;
  Found found;
  collect(graph, found);
  if (found.names.empty()) return false;
  const std::string from = found.names[random.below(found.names.size())];
  const std::vector<std::string> others = interchangeable(found.any_in_place);
  std::string to = from;
  while (to == from) to = others[random.below(others.size())];
  replace(graph, from, to);
  return true;
}

}  // namespace amalgam
