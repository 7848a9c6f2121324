// How operations read in Python. Each rule gives the right-hand side of an assignment, in F's or
// the method's own order, and nothing where the node's arguments are not those that it was made
// for.
#pragma once

#include "graph/operations/operation.h"

namespace amalgam {

// callee(tensors..., name=value...): the callee has the schema's argument names.
std::optional<PyExpr> emit_function(const Node&, const EmitContext&, std::string_view callee);
// The same, with inplace=True: relu_ and its kin.
std::optional<PyExpr> emit_inplace_function(const Node&, const EmitContext&,
                                            std::string_view callee);
// first.callee(others...), arguments as the export gave them.
std::optional<PyExpr> emit_method(const Node&, const EmitContext&, std::string_view callee);
// The same, with one list argument spread: x.view(2, 3).
std::optional<PyExpr> emit_spread_method(const Node&, const EmitContext&, std::string_view callee);
// a <callee> b, for exactly two arguments, the first a tensor.
std::optional<PyExpr> emit_operator(const Node&, const EmitContext&, std::string_view callee);

// The words of a row.
constexpr Printing function(std::string_view callee) { return {emit_function, callee}; }
constexpr Printing inplace_function(std::string_view callee) {
  return {emit_inplace_function, callee};
}
constexpr Printing method(std::string_view callee) { return {emit_method, callee}; }
constexpr Printing spread_method(std::string_view callee) { return {emit_spread_method, callee}; }
constexpr Printing infix(std::string_view callee) { return {emit_operator, callee}; }

}  // namespace amalgam
