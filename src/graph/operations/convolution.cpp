#include <array>

#include "graph/arguments.h"
#include "graph/operations/costs.h"
#include "graph/operations/families.h"
#include "graph/operations/printing.h"

namespace amalgam {
namespace {

// weight is [out, in / groups, kernel...].
double convolution_cost(const Node& node, const Program& program) {
  if (!value_argument(node, "weight")) return 0;
  return 2 * output_elements(node, program) * argument_elements(node, program, "weight") /
         dimension(node, program, "weight", 0);
}

// weight is [in, out / groups, kernel...]: every input element meets all of it but the first
// dimension.
double transposed_cost(const Node& node, const Program& program) {
  if (!value_argument(node, "input") || !value_argument(node, "weight")) return 0;
  return 2 * argument_elements(node, program, "input") *
         argument_elements(node, program, "weight") / dimension(node, program, "weight", 0);
}

// Of several groups: all of `own` is split among them, and each puts out as much of `other`.
bool tie_groups(WidthContext& c, const Size& own, const Size& second, const Size& other,
                std::uint64_t groups) {
  const auto per_group = c.factored(own, groups);
  if (!per_group) c.freeze(own);
  if (!c.tie(second, per_group ? *per_group : Size::constant(c.value(own) / groups))) return false;
  if (!c.factored(other, groups)) c.freeze(other);
  return true;
}

// Depthwise: as many groups as channels, so that the group count follows the width.
bool tie_depthwise(const Node& node, WidthContext& c, const Size& channels, const Size& first,
                   const Size& second) {
  const std::uint64_t each = c.value(first) / c.value(channels);
  if (!c.tie(second, Size::constant(1)) || !c.tie(first, Size::constant(each) * channels))
    return false;
  c.patch(node, "groups", std::nullopt, channels);
  return true;
}

// What a kernel leaves of images is the export's to say.
void freeze_places(WidthContext& c, const Sizes& input, const Sizes& weight) {
  for (std::size_t d = 2; d < weight.size(); ++d) c.freeze(weight[d]);
  for (std::size_t d = 2; d < input.size(); ++d) c.freeze(input[d]);
}

// Sets [N, channels, ...], behind the bias's vector.
bool set_channels(const Node& node, WidthContext& c, const Size& batch, const Size& channels) {
  if (!tie_vectors(node, c, channels, {"bias"})) return false;
  Sizes out = c.recorded(node);
  if (out.size() < 2) return false;
  out[0] = batch;
  out[1] = channels;
  c.set(node, 0, std::move(out));
  return true;
}

std::optional<std::uint64_t> groups_of(const Node& node, const Sizes* input, const Sizes* weight) {
  const auto groups = whole_argument(node, "groups", 1);
  if (!input || !weight || !groups || *groups < 1 || input->size() != weight->size())
    return std::nullopt;
  return static_cast<std::uint64_t>(*groups);
}

// weight [O, I / groups, kernel...].
bool forward(const Node& node, WidthContext& c) {
  const Sizes *input = c.of(node, "input"), *weight = c.of(node, "weight");
  const auto groups = groups_of(node, input, weight);
  if (!groups) return false;
  freeze_places(c, *input, *weight);
  const Size channels = (*input)[1], first = (*weight)[0], second = (*weight)[1];
  const bool fits = *groups == 1 ? c.tie(second, channels)
                    : c.value(channels) == *groups
                        ? tie_depthwise(node, c, channels, first, second)
                        : tie_groups(c, channels, second, first, *groups);
  return fits && set_channels(node, c, (*input)[0], first);
}

// weight [I, O / groups, kernel...].
bool transposed(const Node& node, WidthContext& c) {
  const Sizes *input = c.of(node, "input"), *weight = c.of(node, "weight");
  const auto groups = groups_of(node, input, weight);
  if (!groups) return false;
  freeze_places(c, *input, *weight);
  const Size first = (*weight)[0], second = (*weight)[1];
  if (*groups > 1 && !c.factored(first, *groups)) c.freeze(first);
  if (!c.tie(first, (*input)[1])) return false;
  return set_channels(node, c, (*input)[0],
                      *groups > 1 ? Size::constant(*groups) * second : second);
}

using enum Trait;

constexpr Operation convolution(std::string_view name, std::string_view callee) {
  return operation(name)
      .prints(function(callee))
      .named("conv")
      .costs(convolution_cost)
      .ties(forward)
      .channels_at(1)
      .is(kConvolution);
}

constexpr Operation backwards(std::string_view name, std::string_view callee) {
  return convolution(name, callee).costs(transposed_cost).ties(transposed);
}

constexpr std::array kRows = {
    convolution("conv1d.default", "F.conv1d"),
    convolution("conv2d.default", "F.conv2d").in_images(Images::kKernel),
    convolution("conv3d.default", "F.conv3d"),
    convolution("conv1d.padding", "F.conv1d"),
    convolution("conv2d.padding", "F.conv2d"),
    convolution("conv3d.padding", "F.conv3d"),
    backwards("conv_transpose1d.default", "F.conv_transpose1d"),
    backwards("conv_transpose2d.input", "F.conv_transpose2d"),
    backwards("conv_transpose3d.input", "F.conv_transpose3d"),
    // As decompositions leave them.
    operation("convolution.default").is(kConvolution | kUncounted),
    operation("conv_depthwise3d.default").is(kConvolution | kUncounted),
    operation("conv_tbc.default").is(kConvolution | kUncounted),
};

}  // namespace

std::span<const Operation> convolution_operations() { return kRows; }

}  // namespace amalgam
