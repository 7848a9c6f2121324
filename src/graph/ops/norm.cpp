#include <array>

#include "graph/operations.h"

namespace amalgam {
namespace {

// Arguments of `names` in F's order; what the schema has beyond them (cuDNN's switch) is PyTorch's
// to decide.
std::optional<PyExpr> emit_ordered(const Node& node, const EmitContext& context,
                                   std::string_view callee, std::span<const std::string_view> names,
                                   std::size_t positional) {
  std::vector<PyExpr> arguments;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const NamedArgument* found = nullptr;
    for (const NamedArgument& named : node.arguments)
      if (named.name == names[i]) found = &named;
    if (!found && i < positional) return std::nullopt;
    if (!found) continue;
    PyExpr value = context.switched(*found);
    arguments.push_back(i < positional ? std::move(value)
                                       : std::move(value).named(std::string(names[i])));
  }
  return PyExpr::call(std::string(callee), std::move(arguments));
}

std::optional<PyExpr> emit_batch_norm(const Node& node, const EmitContext& context,
                                      std::string_view callee) {
  static constexpr std::array<std::string_view, 8> kNames = {
      "input", "running_mean", "running_var", "weight", "bias", "training", "momentum", "eps"};
  return emit_ordered(node, context, callee, kNames, 3);
}
std::optional<PyExpr> emit_layer_norm(const Node& node, const EmitContext& context,
                                      std::string_view callee) {
  static constexpr std::array<std::string_view, 5> kNames = {"input", "normalized_shape", "weight",
                                                             "bias", "eps"};
  return emit_ordered(node, context, callee, kNames, 2);
}
std::optional<PyExpr> emit_group_norm(const Node& node, const EmitContext& context,
                                      std::string_view callee) {
  static constexpr std::array<std::string_view, 5> kNames = {"input", "num_groups", "weight",
                                                             "bias", "eps"};
  return emit_ordered(node, context, callee, kNames, 2);
}

constexpr std::array kTable = {
    Operation{"batch_norm.default", emit_batch_norm, "F.batch_norm", "norm", nullptr, 1},
    Operation{"layer_norm.default", emit_layer_norm, "F.layer_norm", "norm", nullptr, -1},
    Operation{"group_norm.default", emit_group_norm, "F.group_norm", "norm", nullptr, 1},
    Operation{"rms_norm.default", emit_function, "F.rms_norm", "norm", nullptr},
    Operation{"dropout.default", emit_function, "F.dropout", "", nullptr},
    Operation{"dropout_.default", emit_inplace_function, "F.dropout", "", nullptr},
};

}  // namespace

std::span<const Operation> norm_operations() { return kTable; }

}  // namespace amalgam
