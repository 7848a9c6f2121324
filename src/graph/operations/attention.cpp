#include <array>

#include "graph/arguments.h"
#include "graph/operations/costs.h"
#include "graph/operations/families.h"
#include "graph/operations/printing.h"

namespace amalgam {
namespace {

// Two products of [.., L, E] with [.., S, E].
double attention_cost(const Node& node, const Program& program) {
  return 4 * argument_elements(node, program, "query") * dimension(node, program, "key", -2);
}

bool attention(const Node& node, WidthContext& c) {
  const Sizes *query = c.of(node, "query"), *key = c.of(node, "key"), *value = c.of(node, "value");
  if (!query || !key || !value || query->size() < 2 || query->size() != key->size() ||
      key->size() != value->size())
    return false;
  const std::size_t n = query->size();
  if (!c.tie((*query)[n - 1], (*key)[n - 1]) || !c.tie((*key)[n - 2], (*value)[n - 2]))
    return false;
  for (std::size_t d = 0; d + 2 < n; ++d)
    if (!c.tie((*query)[d], (*key)[d]) || !c.tie((*key)[d], (*value)[d])) return false;
  c.head((*query)[n - 1]);
  c.head((*value)[n - 1]);
  if (const Sizes* mask = c.of(node, "attn_mask")) c.freeze_all(*mask);
  Sizes out = *query;
  out.back() = value->back();
  c.set(node, 0, std::move(out));
  return true;
}

constexpr std::array kRows = {
    operation("scaled_dot_product_attention.default")
        .prints(function("F.scaled_dot_product_attention"))
        .costs(attention_cost)
        .ties(attention)
        .is(Trait::kScales),
};

}  // namespace

std::span<const Operation> attention_operations() { return kRows; }

}  // namespace amalgam
