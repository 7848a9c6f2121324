// Which values a graph reads: one walk over arguments, lists and subgraphs for everything that
// asks. A value that is read twice is visited twice; visit() must not change the graph.
#pragma once

#include <map>

#include "amalgam/graph.h"

namespace amalgam {

// Calls visit(ValueId) for each value of the argument.
template <typename Visit>
void for_each_value(const Argument& argument, const Visit& visit) {
  if (const auto* ref = argument.get<ValueRef>()) visit(ref->id);
  if (const auto* list = argument.get<ArgumentList>())
    for (const Argument& item : *list) for_each_value(item, visit);
}

// The same for a node's own arguments.
template <typename Visit>
void for_each_argument(const Node& node, const Visit& visit) {
  for (const NamedArgument& named : node.arguments) for_each_value(named.argument, visit);
}

// And for what its subgraph reads and hands out.
template <typename Visit>
void for_each_read(const Node& node, const Visit& visit) {
  for_each_argument(node, visit);
  if (!node.body) return;
  for (const Node& inner : node.body->nodes) for_each_read(inner, visit);
  for (const auto& output : node.body->outputs)
    if (output) visit(*output);
}

// Reads other values instead, from node `first` on; the graph's outputs too. Subgraphs are copied,
// as others may share them. Takes time in the nodes from `first` on.
void rename_values(Graph& graph, std::size_t first, const std::map<ValueId, ValueId>& names);

}  // namespace amalgam
