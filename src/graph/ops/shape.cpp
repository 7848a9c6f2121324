#include <array>
#include <limits>

#include "graph/operations.h"

namespace amalgam {
namespace {

// x.to(dtype) covers one argument; layouts and devices pass through.
std::optional<PyExpr> emit_cast(const Node& node, const EmitContext& context,
                                std::string_view callee) {
  if (node.arguments.size() != 2 || !node.arguments[1].argument.get<DTypeArgument>())
    return std::nullopt;
  return emit_method(node, context, callee);
}

std::optional<std::int64_t> whole(const Node& node, std::string_view name, std::int64_t fallback) {
  const Argument* argument = node.find(name);
  if (!argument) return fallback;
  if (const auto* number = argument->get<std::int64_t>()) return *number;
  return std::nullopt;
}

// x[:, a:b:c]; symbolic bounds and negative dimensions pass through.
std::optional<PyExpr> emit_slice(const Node& node, const EmitContext& context, std::string_view) {
  const auto dim = whole(node, "dim", 0), start = whole(node, "start", 0);
  const auto end = whole(node, "end", std::numeric_limits<std::int64_t>::max());
  const auto step = whole(node, "step", 1);
  if (node.arguments.empty() || !dim || !start || !end || !step || *dim < 0 || *dim > 5)
    return std::nullopt;
  std::string index;
  for (std::int64_t i = 0; i < *dim; ++i) index += ":, ";
  if (*start != 0) index += std::to_string(*start);
  index += ':';
  if (*end != std::numeric_limits<std::int64_t>::max()) index += std::to_string(*end);
  if (*step != 1) index += ":" + std::to_string(*step);
  return PyExpr::atom(context.expression(node.arguments[0].argument).flat() + "[" + index + "]");
}

constexpr std::array kTable = {
    Operation{"view.default", emit_spread_method, "view", "", nullptr},
    Operation{"reshape.default", emit_spread_method, "reshape", "", nullptr},
    Operation{"permute.default", emit_spread_method, "permute", "", nullptr},
    Operation{"expand.default", emit_spread_method, "expand", "", nullptr},
    Operation{"transpose.int", emit_method, "transpose", "", nullptr},
    Operation{"t.default", emit_method, "t", "", nullptr},
    Operation{"flatten.using_ints", emit_method, "flatten", "", nullptr},
    Operation{"unflatten.int", emit_method, "unflatten", "", nullptr},
    Operation{"squeeze.dim", emit_method, "squeeze", "", nullptr},
    Operation{"unsqueeze.default", emit_method, "unsqueeze", "", nullptr},
    Operation{"contiguous.default", emit_method, "contiguous", "", nullptr},
    Operation{"clone.default", emit_method, "clone", "", nullptr},
    Operation{"detach.default", emit_method, "detach", "", nullptr},
    Operation{"select.int", emit_method, "select", "", nullptr},
    Operation{"slice.Tensor", emit_slice, "", "", nullptr},
    Operation{"chunk.default", emit_method, "chunk", "", nullptr},
    Operation{"split.Tensor", emit_method, "split", "", nullptr},
    Operation{"split_with_sizes.default", emit_method, "split", "", nullptr},
    Operation{"sym_size.int", emit_method, "size", "", nullptr},
    Operation{"roll.default", emit_method, "roll", "", nullptr},
    Operation{"type_as.default", emit_method, "type_as", "", nullptr},
    Operation{"gather.default", emit_method, "gather", "", nullptr},
    Operation{"to.dtype", emit_cast, "to", "", nullptr},
    Operation{"cat.default", emit_function, "torch.cat", "", nullptr},
    Operation{"stack.default", emit_function, "torch.stack", "", nullptr},
    Operation{"pad.default", emit_function, "F.pad", "", nullptr},
    Operation{"pixel_shuffle.default", emit_function, "F.pixel_shuffle", "", nullptr},
};

}  // namespace

std::span<const Operation> shape_operations() { return kTable; }

}  // namespace amalgam
