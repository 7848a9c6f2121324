#include <array>

#include "graph/operations/costs.h"
#include "graph/operations/families.h"
#include "graph/operations/printing.h"

namespace amalgam {
namespace {

// Every element of the output is a sum over the last dimension of this argument.
double product_cost(const Node& node, const Program& program, std::string_view over) {
  return 2 * output_elements(node, program) * dimension(node, program, over, -1);
}
double weight_cost(const Node& node, const Program& program) {
  return product_cost(node, program, "weight");
}
double self_cost(const Node& node, const Program& program) {
  return product_cost(node, program, "self");
}
double mat1_cost(const Node& node, const Program& program) {
  return product_cost(node, program, "mat1");
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

bool linear(const Node& node, WidthContext& c) {
  const Sizes *input = c.of(node, "input"), *weight = c.of(node, "weight");
  if (!input || !weight || weight->size() != 2 || input->empty()) return false;
  if (!c.tie((*weight)[1], input->back()) || !tie_vectors(node, c, (*weight)[0], {"bias"}))
    return false;
  Sizes out = *input;
  out.back() = (*weight)[0];
  c.set(node, 0, std::move(out));
  return true;
}

// [.., n, k] x [.., k, m]: vectors and broadcasts are left to the unknown.
bool product(const Node& node, WidthContext& c, const Sizes* a, const Sizes* b) {
  if (!a || !b || a->size() < 2 || a->size() < b->size() || b->size() < 2) return false;
  if (!c.tie(a->back(), (*b)[b->size() - 2])) return false;
  if (a->size() == b->size())
    for (std::size_t d = 0; d + 2 < a->size(); ++d)
      if (!c.tie((*a)[d], (*b)[d])) return false;
  // Of two activations: queries and keys, or what is attended to.
  if (b->size() > 2) {
    c.head(a->back());
    c.head(b->back());
  }
  if (a->size() != b->size() && b->size() != 2) return false;
  Sizes out = *a;
  out.back() = b->back();
  c.set(node, 0, std::move(out));
  return true;
}

bool matmul(const Node& node, WidthContext& c) {
  return product(node, c, c.of(node, "self"), c.of(node, "other"));
}

bool mm(const Node& node, WidthContext& c) {
  return product(node, c, c.of(node, "self"), c.of(node, "mat2"));
}

bool addmm(const Node& node, WidthContext& c) {
  const Sizes *bias = c.of(node, "self"), *b = c.of(node, "mat2");
  if (!bias || bias->size() != 1 || !b || b->size() != 2 || !c.tie((*bias)[0], (*b)[1]))
    return false;
  return product(node, c, c.of(node, "mat1"), b);
}

// The number of entries is the data's to choose.
bool embedding(const Node& node, WidthContext& c) {
  const Sizes *weight = c.of(node, "weight"), *indices = c.of(node, "indices");
  if (!weight || weight->size() != 2 || !indices) return false;
  c.freeze((*weight)[0]);
  Sizes out = *indices;
  out.push_back((*weight)[1]);
  c.set(node, 0, std::move(out));
  return true;
}

using enum Trait;

constexpr std::array kRows = {
    operation("linear.default")
        .prints(function("F.linear"))
        .named("linear")
        .costs(weight_cost)
        .ties(linear)
        .channels_at(-1)
        .is(kProjects),
    operation("matmul.default").prints(infix("@")).costs(self_cost).ties(matmul),
    operation("mm.default").prints(infix("@")).costs(self_cost).ties(mm),
    operation("bmm.default").prints(function("torch.bmm")).costs(self_cost).ties(mm),
    operation("addmm.default")
        .prints(function("torch.addmm"))
        .named("linear")
        .costs(mat1_cost)
        .ties(addmm),
    operation("embedding.default")
        .prints({emit_embedding, "F.embedding"})
        .named("embedding")
        .ties(embedding)
        .is(kLooksUp),
};

}  // namespace

std::span<const Operation> linear_operations() { return kRows; }

}  // namespace amalgam
