// A node's arguments, read as what a rule expects them to be.
#pragma once

#include <optional>
#include <string_view>

#include "amalgam/graph.h"

namespace amalgam {

// The argument of a name is a value, a list, a true flag; nothing (null, false) where the node has
// none such.
std::optional<ValueId> value_argument(const Node& node, std::string_view name);
const ArgumentList* list_argument(const Node& node, std::string_view name);
bool is_true(const Node& node, std::string_view name);
// A flag that is there and off.
bool is_false(const Node& node, std::string_view name);
// Of an argument that may be whole or not; 0 where there is none.
double number_argument(const Node& node, std::string_view name);

// A whole number; `fallback` where the argument is absent or None, nothing where it is symbolic.
std::optional<std::int64_t> whole_argument(const Node& node, std::string_view name,
                                           std::int64_t fallback);
// The same of a dimension of a tensor, counted from the front; nothing also where the rank has
// none such.
std::optional<std::size_t> dim_argument(const Node& node, std::string_view name,
                                        std::int64_t fallback, std::size_t rank);
// A dimension that may be counted from the back.
std::optional<std::size_t> from_front(std::int64_t dim, std::size_t rank);

}  // namespace amalgam
