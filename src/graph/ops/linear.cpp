#include <array>

#include "graph/operations.h"

namespace amalgam {
namespace {

double linear_cost(const Node& node, const Program& program) {
  return 2 * output_elements(node, program) * dimension(node, program, "weight", -1);
}
double product_cost(const Node& node, const Program& program) {
  return 2 * output_elements(node, program) * dimension(node, program, "self", -1);
}
double addmm_cost(const Node& node, const Program& program) {
  return 2 * output_elements(node, program) * dimension(node, program, "mat1", -1);
}

// F.embedding takes the table second, and no padding index where the export says -1.
std::optional<PyExpr> emit_embedding(const Node& node, const EmitContext& context,
                                     std::string_view callee) {
  const Argument *weight = node.find("weight"), *indices = node.find("indices");
  if (!weight || !indices) return std::nullopt;
  std::vector<PyExpr> arguments = {context.expression(*indices), context.expression(*weight)};
  for (const char* name : {"padding_idx", "scale_grad_by_freq", "sparse"}) {
    const Argument* argument = node.find(name);
    if (!argument) continue;
    const auto* number = argument->get<std::int64_t>();
    const auto* flag = argument->get<bool>();
    if ((number && *number >= 0) || (flag && *flag))
      arguments.push_back(context.expression(*argument).named(name));
  }
  return PyExpr::call(std::string(callee), std::move(arguments));
}

constexpr std::array kTable = {
    Operation{"linear.default", emit_function, "F.linear", "linear", linear_cost, -1},
    Operation{"matmul.default", emit_operator, "@", "", product_cost},
    Operation{"mm.default", emit_operator, "@", "", product_cost},
    Operation{"bmm.default", emit_function, "torch.bmm", "", product_cost},
    Operation{"addmm.default", emit_function, "torch.addmm", "linear", addmm_cost},
    Operation{"embedding.default", emit_embedding, "F.embedding", "embedding", nullptr},
};

}  // namespace

std::span<const Operation> linear_operations() { return kTable; }

}  // namespace amalgam
