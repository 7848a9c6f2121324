#include "obfuscate/variants.h"

#include <fmt/format.h>

#include <cmath>
#include <set>

#include "base/random.h"
#include "graph/widths/choose.h"

namespace amalgam {
namespace {

// How far a variant's cost lies from the model's, as a logarithm: from 15 % more to twice as much.
constexpr double kNearest = 0.14, kFarthest = 0.7;
// Two decoys of one size would point at each other; a model with few sizes may have no others.
constexpr int kTries = 8;

Model with_classes(const Model& model, const WidthInference& widths, std::uint64_t classes) {
  Assignment sizes = own_sizes(widths);
  sizes[*widths.classes] = classes;
  return resized(model, widths, sizes);
}

}  // namespace

std::vector<std::shared_ptr<const Model>> draw_variants(const std::shared_ptr<const Model>& model,
                                                        const ClassOutputs& outputs,
                                                        const std::vector<VariantWish>& wishes,
                                                        const Secret& seed,
                                                        const std::string& name) {
  if (wishes.empty()) return {};
  const WidthInference widths = infer_widths(*model, outputs);
  const std::size_t count = wishes.size();
  RandomStream ranks(seed, "variants/" + name);
  // The model's rank comes first: this many of the variants are smaller, in any order.
  const std::uint64_t smaller = ranks.below(count + 1);
  const std::vector<std::uint64_t> order = ranks.permutation(count);
  std::vector<std::shared_ptr<const Model>> variants;
  std::set<std::uint64_t> sizes;
  for (std::size_t i = 0; i < count; ++i) {
    const auto& classes = wishes[i].classes;
    if (classes && !widths.classes) {
      variants.push_back(nullptr);
      continue;
    }
    RandomStream random(seed, fmt::format("variant/{}/{}", name, i));
    std::optional<Model> variant;
    for (int tried = 0; tried < kTries; ++tried) {
      const double distance = kNearest + (kFarthest - kNearest) * random.uniform();
      const double ratio = std::exp(order[i] < smaller ? -distance : distance);
      variant = draw_variant(*model, widths, ratio, classes, random);
      if (!variant || sizes.insert(parameter_count(*variant)).second) break;
    }
    if (!variant && classes) variant = with_classes(*model, widths, *classes);
    variants.push_back(variant ? std::make_shared<const Model>(std::move(*variant)) : model);
  }
  return variants;
}

}  // namespace amalgam
