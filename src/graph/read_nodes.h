// Nodes of the export schema as nodes of the graph.
#pragma once

#include <map>
#include <string>

#include "amalgam/error.h"
#include "amalgam/graph.h"
#include "base/json.h"

namespace amalgam {

// The names in force while a graph is read; a subgraph opens one of its own.
using Scope = std::map<std::string, ValueId>;

class NodeReader {
 public:
  NodeReader(std::vector<Value>& values, Findings& findings)
      : values_(values), findings_(findings) {}

  // Defines a value by its name in `graph`'s tables of metadata. Throws kDamaged for a name defined
  // twice.
  ValueId define(const Json& graph, Scope& scope, const std::string& name,
                 const std::string& where);
  // All nodes of `graph`, in order. What is wrong with an operation becomes a finding.
  std::vector<Node> read(const Json& graph, Scope& scope, const std::string& where);

 private:
  std::optional<Node> read_node(const Json& graph, const Json& node, Scope& scope,
                                const std::string& where);
  Node read_call(const Json& node, const Scope& scope, const std::string& where);
  Node read_subgraph(const Json& node, Scope& scope, const std::string& where);
  void define_outputs(const Json& graph, const Json& node, Scope& scope, Node& out,
                      const std::string& where);

  std::vector<Value>& values_;
  Findings& findings_;
};

// Looks a name up, throwing kDamaged when nothing defined it.
ValueId lookup(const Scope& scope, const std::string& name, const std::string& where);

}  // namespace amalgam
