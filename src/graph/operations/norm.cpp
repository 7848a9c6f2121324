#include <array>

#include "graph/arguments.h"
#include "graph/operations/families.h"
#include "graph/operations/printing.h"

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

bool channels(const Node& node, WidthContext& c) {
  const Sizes* input = c.of(node, "input");
  if (!input || input->size() < 2) return false;
  if (!tie_vectors(node, c, (*input)[1], {"weight", "bias", "running_mean", "running_var"}))
    return false;
  c.set(node, 0, *input);
  return true;
}

bool groups(const Node& node, WidthContext& c) {
  const Sizes* input = c.of(node, "input");
  const auto count = whole_argument(node, "num_groups", 0);
  if (!input || input->size() < 2 || !count || *count < 1) return false;
  if (!c.factored((*input)[1], static_cast<std::uint64_t>(*count))) c.freeze((*input)[1]);
  return channels(node, c);
}

// Over the last dimensions, whose sizes are an argument.
bool last(const Node& node, WidthContext& c) {
  const Sizes* input = c.of(node, "input");
  const ArgumentList* shape = list_argument(node, "normalized_shape");
  if (!input || !shape || shape->size() > input->size()) return false;
  const auto first = input->end() - static_cast<std::ptrdiff_t>(shape->size());
  const Sizes sizes(first, input->end());
  for (std::string_view name : {"weight", "bias"})
    if (const Sizes* vector = c.of(node, name); vector && !c.tie_all(*vector, sizes)) return false;
  for (std::size_t d = 0; d < sizes.size(); ++d) c.patch(node, "normalized_shape", d, sizes[d]);
  c.set(node, 0, *input);
  return true;
}

using enum Trait;

constexpr Operation norm(std::string_view name) { return operation(name).is(kNorm); }

// A batch norm as decompositions leave it.
constexpr Operation batch_norm(std::string_view name) {
  return operation(name).off_by(Switch::kBatchNorm);
}

constexpr std::array kRows = {
    norm("batch_norm.default")
        .prints({emit_batch_norm, "F.batch_norm"})
        .named("norm")
        .ties(channels)
        .channels_at(1)
        .in_images(Images::kPixels)
        .off_by(Switch::kBatchNorm),
    norm("instance_norm.default")
        .ties(channels)
        .in_images(Images::kPixels)
        .off_by(Switch::kInstanceNorm),
    norm("group_norm.default")
        .prints({emit_group_norm, "F.group_norm"})
        .named("norm")
        .ties(groups)
        .channels_at(1)
        .in_images(Images::kPixels),
    norm("layer_norm.default")
        .prints({emit_layer_norm, "F.layer_norm"})
        .named("norm")
        .ties(last)
        .channels_at(-1),
    norm("rms_norm.default").prints(function("F.rms_norm")).named("norm").ties(last),
    norm("native_layer_norm.default"),
    norm("native_group_norm.default"),
    batch_norm("native_batch_norm.default").is(kNorm),
    batch_norm("miopen_batch_norm.default").is(kNorm),
    batch_norm("_batch_norm_impl_index.default"),
    batch_norm("_batch_norm_no_update.default").is(kSwitchedOff),
    batch_norm("_native_batch_norm_legit_no_training.default").is(kSwitchedOff),
    operation("_native_batch_norm_legit_functional.default").is(kGivesStatistics),
    operation("_batch_norm_with_update_functional.default").is(kGivesStatistics),
};

}  // namespace

std::span<const Operation> norm_operations() { return kRows; }

}  // namespace amalgam
