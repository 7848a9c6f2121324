// The table of operations: one row for each that the library knows, a file for each family of them.
// Nothing else of the library names an operation.
//
// Which operations may stand in a model at all is another list, made from PyTorch's schemas
// (allowed_operations.h): an operation of it without a row here passes through. What stands here
// and not there are checks of the export itself, which the reader drops.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "graph/operations/operation.h"

namespace amalgam {

struct Family {
  std::string_view name;
  std::span<const Operation> rows;
};

// All rows live as long as the program. Every function here may be called from any thread.
std::vector<Family> operation_families();

// The row of a node, of an operation of torch.ops.aten or of Python on numbers; null where there is
// none.
const Operation* find_operation(const Node& node);
// The same by name: "conv2d.default", "_operator.add".
const Operation* find_operation(std::string_view name);

// Some row of an operation, whatever its overload: "add" for "add.Tensor"; null where there is
// none.
const Operation* any_overload(std::string_view op);

// Whether the node's row has the trait. False where there is no row.
bool has(const Node& node, Trait trait);

// Whether there is a rule that prints the node; false where it passes through as torch.ops.aten.
bool is_printed(const Node& node);

// Whether the operation changes its first tensor: so says PyTorch's naming ("relu_", "__iand__"),
// of operations without a row, too.
bool is_in_place(std::string_view op);
// The name of the operation that does the same in place, or without: "relu.default" and
// "relu_.default".
std::string in_place_twin(std::string_view name);

}  // namespace amalgam
