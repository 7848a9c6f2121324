#include "graph/operations/table.h"

#include <unordered_map>

#include "graph/operations/families.h"

namespace amalgam {
namespace {

// By the operation's name without its overload, which nodes have apart.
using Index = std::unordered_map<std::string_view, std::vector<const Operation*>>;

// "conv2d" of "conv2d.default".
std::string_view front(std::string_view name) { return name.substr(0, name.find('.')); }
std::string_view back(std::string_view name) { return name.substr(front(name).size() + 1); }

const Index& index() {
  static const Index all = [] {
    Index rows;
    for (const Family& family : operation_families())
      for (const Operation& row : family.rows) rows[front(row.name)].push_back(&row);
    return rows;
  }();
  return all;
}

const Operation* find(std::string_view op, std::string_view overload) {
  const auto found = index().find(op);
  if (found == index().end()) return nullptr;
  for (const Operation* row : found->second)
    if (back(row->name) == overload) return row;
  return nullptr;
}

}  // namespace

std::vector<Family> operation_families() {
  return {{"convolution", convolution_operations()},
          {"linear", linear_operations()},
          {"norm", norm_operations()},
          {"activation", activation_operations()},
          {"dropout", dropout_operations()},
          {"pooling", pooling_operations()},
          {"arithmetic", arithmetic_operations()},
          {"reduction", reduction_operations()},
          {"comparison", comparison_operations()},
          {"shape", shape_operations()},
          {"parts", part_operations()},
          {"copies", copy_operations()},
          {"creation", creation_operations()},
          {"attention", attention_operations()},
          {"recurrent", recurrent_operations()},
          {"numbers", number_operations()},
          {"assertions", assertion_operations()}};
}

const Operation* find_operation(const Node& node) {
  if (node.kind == NodeKind::kPython) return find(node.space, node.op);
  return node.kind == NodeKind::kAten && node.space == "aten" ? find(node.op, node.overload)
                                                              : nullptr;
}

const Operation* find_operation(std::string_view name) {
  return name.find('.') == std::string_view::npos ? nullptr : find(front(name), back(name));
}

const Operation* any_overload(std::string_view op) {
  const auto found = index().find(op);
  return found == index().end() ? nullptr : found->second.front();
}

bool has(const Node& node, Trait trait) {
  const Operation* row = find_operation(node);
  return row && row->has(trait);
}

bool is_printed(const Node& node) {
  const Operation* row = find_operation(node);
  return row && row->printing.rule != pass_through;
}

bool is_in_place(std::string_view op) {
  if (!op.ends_with('_')) return false;
  return !op.ends_with("__") || op.starts_with("__i");
}

std::string in_place_twin(std::string_view name) {
  const std::string op(front(name)), overload(name.substr(op.size()));
  return (op.ends_with('_') ? op.substr(0, op.size() - 1) : op + "_") + overload;
}

}  // namespace amalgam
