#include "graph/values.h"

namespace amalgam {
namespace {

void rename(Argument& argument, const std::map<ValueId, ValueId>& names) {
  if (auto* ref = std::get_if<ValueRef>(&argument.value)) {
    if (const auto found = names.find(ref->id); found != names.end()) ref->id = found->second;
  } else if (auto* list = std::get_if<ArgumentList>(&argument.value)) {
    for (Argument& item : *list) rename(item, names);
  }
}

}  // namespace

void rename_values(Graph& graph, std::size_t first, const std::map<ValueId, ValueId>& names) {
  for (std::size_t n = first; n < graph.nodes.size(); ++n) {
    Node& node = graph.nodes[n];
    for (NamedArgument& named : node.arguments) rename(named.argument, names);
    if (!node.body) continue;
    Graph body = *node.body;
    rename_values(body, 0, names);
    node.body = std::make_shared<const Graph>(std::move(body));
  }
  for (auto& output : graph.outputs)
    if (output)
      if (const auto found = names.find(*output); found != names.end()) output = found->second;
}

}  // namespace amalgam
