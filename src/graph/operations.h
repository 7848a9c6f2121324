// The table of what the library knows about each operation: how it reads in PyTorch, what it costs,
// and how the parameters it takes are called. An operation without a row passes through as
// torch.ops.<space>.<op>.<overload>(...).
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "amalgam/graph.h"
#include "graph/python_text.h"

namespace amalgam {

// What a rule may ask while it writes a node.
class EmitContext {
 public:
  virtual ~EmitContext() = default;
  virtual PyExpr expression(const Argument& argument) const = 0;
  // An argument that turns off in eval mode: "self.training" where the export says true.
  virtual PyExpr switched(const NamedArgument& argument) const = 0;
};

// The right-hand side for a node; nothing where the rule does not cover these arguments (they then
// pass through).
using EmitRule = std::optional<PyExpr> (*)(const Node& node, const EmitContext& context,
                                           std::string_view callee);
// Multiply-adds times two of one forward pass, at the sizes of the export's example.
using CostRule = double (*)(const Node& node, const Program& program);

struct Operation {
  std::string_view name;  // "conv2d.default"
  EmitRule emit;
  std::string_view callee;  // "F.conv2d", or a method's or operator's name
  std::string_view family;  // in parameters' names: "conv"; empty: the operation's own name
  CostRule cost;            // nullptr: not counted, as in torch.utils.flop_counter
  // Which dimension of the output holds channels, counted from the back where negative: there a
  // link may attach. 0: none may.
  int channels = 0;
};

// One table per family; see ops/.
std::span<const Operation> convolution_operations();
std::span<const Operation> linear_operations();
std::span<const Operation> norm_operations();
std::span<const Operation> activation_operations();
std::span<const Operation> pooling_operations();
std::span<const Operation> arithmetic_operations();
std::span<const Operation> shape_operations();
std::span<const Operation> attention_operations();
std::span<const Operation> comparison_operations();
std::span<const Operation> creation_operations();
std::span<const Operation> recurrent_operations();

// All of these, and all their rows by name.
std::vector<std::span<const Operation>> operation_families();
const std::map<std::string_view, Operation>& operation_table();
const Operation* find_operation(const Node& node);

// Rules that several families share.
// callee(tensors..., name=value...): the callee has the schema's argument names.
std::optional<PyExpr> emit_function(const Node&, const EmitContext&, std::string_view callee);
// The same, with inplace=True: relu_ and its kin.
std::optional<PyExpr> emit_inplace_function(const Node&, const EmitContext&,
                                            std::string_view callee);
// first.callee(others...), arguments as the export gave them.
std::optional<PyExpr> emit_method(const Node&, const EmitContext&, std::string_view callee);
// The same, with one list argument spread: x.view(2, 3).
std::optional<PyExpr> emit_spread_method(const Node&, const EmitContext&, std::string_view callee);
// a <callee> b, for exactly two arguments.
std::optional<PyExpr> emit_operator(const Node&, const EmitContext&, std::string_view callee);

// Whether the operation only looks at memory that is there already.
bool is_view(const Node& node);

double elements(const Program& program, ValueId id);
// Samples of the export's example.
double batch_of(const Model& model);
// Elements of the node's first output.
double output_elements(const Node& node, const Program& program);
// Size of one dimension of a tensor argument, counted from the front (or the back when negative); 0
// when absent.
double dimension(const Node& node, const Program& program, std::string_view argument, int index);

}  // namespace amalgam
