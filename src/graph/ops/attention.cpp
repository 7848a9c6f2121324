#include <array>

#include "graph/operations.h"

namespace amalgam {
namespace {

// Two products of [.., L, E] with [.., S, E].
double attention_cost(const Node& node, const Program& program) {
  const Argument* query = node.find("query");
  const ValueRef* ref = query ? query->get<ValueRef>() : nullptr;
  if (!ref) return 0;
  return 4 * elements(program, ref->id) * dimension(node, program, "key", -2);
}

constexpr std::array kTable = {
    Operation{"scaled_dot_product_attention.default", emit_function,
              "F.scaled_dot_product_attention", "", attention_cost},
};

}  // namespace

std::span<const Operation> attention_operations() { return kTable; }

}  // namespace amalgam
