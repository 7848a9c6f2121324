#include "obfuscate/variants.h"

#include <fmt/format.h>

#include <cmath>

#include "base/random.h"
#include "variants/amount.h"
#include "variants/balanced.h"
#include "variants/family.h"
#include "variants/scaled.h"
#include "variants/starts.h"

namespace amalgam {
namespace {

// How far the parameters of one variant lie from the mean that was asked for, as a logarithm.
constexpr double kAroundMean = 0.15;

// The variants of one network.
class Variants {
 public:
  explicit Variants(const TaskNetwork& network)
      : model_(network.model),
        starts_(network.starts.empty() ? kept_starts(*model_) : network.starts) {}

  // The model itself, with other classes where that is asked and can be.
  std::optional<Variant> copy(const VariantWish& wish) const {
    ChangedModel base = unchanged(base_of(wish));
    if (wish.classes) {
      const WidthInference widths = infer(base.model);
      if (!widths.classes) return std::nullopt;
      Assignment sizes = own_sizes(widths);
      sizes[*widths.classes] = *wish.classes;
      base.model = resized(base.model, widths, sizes);
    }
    return made(std::move(base));
  }

  // Members of its family.
  std::vector<std::optional<Variant>> members(const std::vector<VariantWish>& wishes,
                                              RandomStream& random) const {
    const Family family(model_, starts_);
    const std::vector<std::size_t> forms =
        draw_forms(family.own(), family.forms().size(), wishes.size(), random);
    std::vector<std::optional<Variant>> variants;
    for (std::size_t i = 0; i < wishes.size(); ++i) {
      auto changed = family.make(forms[i], base_of(wishes[i]), wishes[i].classes);
      variants.push_back(changed ? made(std::move(*changed)) : copy(wishes[i]));
    }
    return variants;
  }

  // With so many parameters, relative to the model's; a copy where its sizes can't vary.
  std::optional<Variant> sized_for(const VariantWish& wish, double ratio) const {
    const Model& base = base_of(wish);
    const WidthInference widths = infer(base);
    if (wish.classes && !widths.classes) return std::nullopt;
    auto variant = with_parameters(base, widths, ratio, wish.classes);
    if (!variant) return copy(wish);
    ChangedModel changed = unchanged(base);
    changed.model = std::move(*variant);
    return made(std::move(changed));
  }

  double ratio_of(const Model& variant) const {
    return static_cast<double>(parameter_count(variant)) /
           static_cast<double>(std::max<std::uint64_t>(1, parameter_count(*model_)));
  }

 private:
  const Model& base_of(const VariantWish& wish) const { return wish.base ? *wish.base : *model_; }

  // What keeps its values keeps its sizes.
  WidthInference infer(const Model& base) const {
    return infer_widths(base, ResultSizes::kClassesVary, sizes_kept(*model_, starts_));
  }

  Variant made(ChangedModel changed) const {
    fill_constants(*model_, changed.origin, changed.model);
    std::vector<Start> starts = variant_starts(*model_, starts_, changed.model, changed.origin);
    return {std::make_shared<const Model>(std::move(changed.model)), std::move(starts)};
  }

  std::shared_ptr<const Model> model_;
  std::vector<Start> starts_;
};

}  // namespace

std::vector<std::optional<Variant>> draw_variants(const TaskNetwork& network,
                                                  const VariantWishes& wishes, const Secret& seed,
                                                  const std::string& name) {
  const std::size_t count = wishes.each.size();
  if (count == 0) return {};
  const Variants drawer(network);
  if (wishes.kind == VariantKind::kFamily && !wishes.mean_parameters) {
    RandomStream random(seed, "variants/" + name);
    return drawer.members(wishes.each, random);
  }
  std::vector<std::optional<Variant>> variants;
  double left = wishes.mean_parameters.value_or(0) * static_cast<double>(count);
  for (std::size_t i = 0; i < count; ++i) {
    if (!wishes.mean_parameters) {
      variants.push_back(drawer.copy(wishes.each[i]));
      continue;
    }
    // What one has is not left for the others.
    RandomStream random(seed, fmt::format("variant/{}/{}", name, i));
    const double off = i + 1 < count ? kAroundMean * (2 * random.uniform() - 1) : 0;
    const double ratio = std::max(1e-6, left / static_cast<double>(count - i)) * std::exp(off);
    variants.push_back(drawer.sized_for(wishes.each[i], ratio));
    if (variants.back()) left -= drawer.ratio_of(*variants.back()->model);
  }
  return variants;
}

}  // namespace amalgam
