#include <array>

#include "graph/arguments.h"
#include "graph/operations/families.h"
#include "graph/operations/printing.h"

namespace amalgam {
namespace {

// Which dimensions go: those of `dim`, or all.
std::optional<std::vector<bool>> reduced_dims(const Node& node, std::size_t rank) {
  const ArgumentList* dims = list_argument(node, "dim");
  if (!dims || dims->empty()) return std::vector<bool>(rank, true);
  std::vector<bool> reduced(rank, false);
  for (const Argument& item : *dims) {
    const auto* dim = item.get<std::int64_t>();
    const auto at = dim ? from_front(*dim, rank) : std::nullopt;
    if (!at) return std::nullopt;
    reduced[*at] = true;
  }
  return reduced;
}

bool reduction(const Node& node, WidthContext& c) {
  const Sizes* input = c.of(node, "self");
  if (!input) return false;
  const auto reduced = reduced_dims(node, input->size());
  if (!reduced) return false;
  const bool kept = is_true(node, "keepdim");
  Sizes out;
  for (std::size_t d = 0; d < input->size(); ++d) {
    if (!(*reduced)[d]) out.push_back((*input)[d]);
    if ((*reduced)[d] && kept) out.push_back(Size::constant(1));
  }
  c.set(node, 0, std::move(out));
  return true;
}

using enum Trait;

constexpr Operation reduces(std::string_view name, std::string_view callee) {
  return operation(name).prints(method(callee)).ties(reduction);
}

constexpr std::array kRows = {
    reduces("mean.default", "mean").is(kPools),
    reduces("mean.dim", "mean").in_images(Images::kReduced).is(kPools),
    reduces("sum.default", "sum"),
    reduces("sum.dim_IntList", "sum"),
    reduces("amax.default", "amax"),
    operation("amin.default").ties(reduction),
    operation("cumsum.default").prints(method("cumsum")),
};

}  // namespace

std::span<const Operation> reduction_operations() { return kRows; }

}  // namespace amalgam
