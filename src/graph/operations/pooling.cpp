#include <array>

#include "graph/operations/families.h"
#include "graph/operations/printing.h"

namespace amalgam {
namespace {

// Over the last dimensions, so many: what is in front of them stays.
template <std::size_t kDimensions>
bool windows(const Node& node, WidthContext& c) {
  const Sizes* found = c.first(node);
  if (!found || found->size() <= kDimensions) return false;
  const Sizes input = *found;
  for (std::size_t output = 0; output < results(node).size(); ++output) {
    Sizes sizes = c.recorded(node, output);
    if (sizes.size() != input.size()) return false;
    for (std::size_t d = 0; d < sizes.size(); ++d) {
      if (d + kDimensions < sizes.size())
        sizes[d] = input[d];
      else
        c.freeze(input[d]);
    }
    c.set(node, output, std::move(sizes));
  }
  return true;
}

using enum Trait;

constexpr Operation pool(std::string_view name, WidthRule rule, Images images = Images::kUnknown) {
  return operation(name).ties(rule).in_images(images).is(kPools);
}

constexpr std::array kRows = {
    pool("max_pool1d.default", windows<1>).prints(function("F.max_pool1d")),
    pool("max_pool2d.default", windows<2>, Images::kWindow).prints(function("F.max_pool2d")),
    pool("max_pool3d.default", windows<3>).prints(function("F.max_pool3d")),
    pool("avg_pool1d.default", windows<1>).prints(function("F.avg_pool1d")),
    pool("avg_pool2d.default", windows<2>, Images::kWindow).prints(function("F.avg_pool2d")),
    pool("avg_pool3d.default", windows<3>).prints(function("F.avg_pool3d")),
    pool("adaptive_avg_pool1d.default", windows<1>).prints(function("F.adaptive_avg_pool1d")),
    pool("adaptive_avg_pool2d.default", windows<2>, Images::kFixed)
        .prints(function("F.adaptive_avg_pool2d")),
    pool("adaptive_avg_pool3d.default", windows<3>).prints(function("F.adaptive_avg_pool3d")),
    pool("adaptive_max_pool2d.default", windows<2>, Images::kFixed),
    operation("adaptive_max_pool1d.default").is(kPools),
    operation("adaptive_max_pool3d.default").is(kPools),
    operation("max_pool1d_with_indices.default").is(kPools),
    operation("max_pool2d_with_indices.default").is(kPools),
    operation("max_pool3d_with_indices.default").is(kPools),
    operation("fractional_max_pool2d.default").is(kPools),
    operation("fractional_max_pool3d.default").is(kPools),
    operation("_adaptive_avg_pool2d.default").is(kPools),
    operation("_adaptive_avg_pool3d.default").is(kPools),
    operation("upsample_nearest2d.vec").ties(windows<2>),
    operation("upsample_bilinear2d.vec").ties(windows<2>),
};

}  // namespace

std::span<const Operation> pooling_operations() { return kRows; }

}  // namespace amalgam
