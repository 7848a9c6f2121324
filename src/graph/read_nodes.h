// Nodes of the export schema as nodes of the graph. Archives are hostile: what is no operation that
// only computes, and no argument that may become code, is refused by name; what contradicts itself
// is damaged. Limits on sizes and depth are base/limits.h's.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "amalgam/error.h"
#include "amalgam/graph.h"
#include "base/json.h"

namespace amalgam {

// The names in force while a graph is read; a subgraph opens one of its own.
using Scope = std::map<std::string, ValueId>;

// A graph of the export schema, with its tables found by name at once.
class GraphJson {
 public:
  // `graph` must outlive it. Throws kDamaged where it has no table of tensors.
  GraphJson(const Json& graph, const std::string& where);

  const Json& json() const { return graph_; }
  // What the graph says of a tensor; null for a name that is a number's.
  const Json* tensor(const std::string& name) const;

 private:
  const Json& graph_;
  std::map<std::string_view, const Json*> tensors_;
};

// Reads the graphs of one program: values are numbered in the order in which they are defined.
class NodeReader {
 public:
  // Both must outlive it.
  NodeReader(std::vector<Value>& values, Findings& findings)
      : values_(values), findings_(findings) {}

  // Defines a value by its name in `graph`'s tables of metadata. Throws kDamaged for a name defined
  // twice.
  ValueId define(const GraphJson& graph, Scope& scope, const std::string& name,
                 const std::string& where);
  // All nodes of `graph`, in order, without the export's own checks. What is wrong with an
  // operation becomes a finding, so that all are named at once; the node is left out. Throws what
  // is damaged.
  std::vector<Node> read(const GraphJson& graph, Scope& scope, const std::string& where);

 private:
  std::optional<Node> read_node(const GraphJson& graph, const Json& node, Scope& scope,
                                const std::string& where);
  Node read_call(const Json& node, const Scope& scope, const std::string& where);
  Node read_subgraph(const Json& node, Scope& scope, const std::string& where);
  void define_outputs(const GraphJson& graph, const Json& node, Scope& scope, Node& out,
                      const std::string& where);

  std::vector<Value>& values_;
  Findings& findings_;
  std::size_t depth_ = 0;  // of subgraphs in one another
};

// Looks a name up, throwing kDamaged when nothing defined it.
ValueId lookup(const Scope& scope, const std::string& name, const std::string& where);

}  // namespace amalgam
