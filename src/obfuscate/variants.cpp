#include "obfuscate/variants.h"

#include <fmt/format.h>

#include <cmath>
#include <set>

#include "base/random.h"
#include "variants/changes.h"
#include "variants/choose.h"
#include "variants/scaled.h"
#include "variants/starts.h"

namespace amalgam {
namespace {

// How far a variant's cost lies from the model's, as a logarithm: from 15 % more to twice as much.
constexpr double kNearest = 0.14, kFarthest = 0.7;
// The same around a mean that was asked for.
constexpr double kAroundMean = 0.15;
constexpr double kCloseEnough = 0.02;
// Two decoys of one size would point at each other; a model with few sizes may have no others.
constexpr int kTries = 8;

// The cost that each variant should have, relative to the model's.
class Ratios {
 public:
  Ratios(RandomStream& random, std::size_t count, const std::optional<double>& mean)
      : mean_(mean), left_(mean.value_or(0) * static_cast<double>(count)), to_come_(count) {
    // The model's rank comes first: this many of the variants are smaller, in any order.
    smaller_ = random.below(count + 1);
    order_ = random.permutation(count);
  }

  double draw(std::size_t variant, RandomStream& random) const {
    if (mean_) {
      const double off = to_come_ > 1 ? kAroundMean * (2 * random.uniform() - 1) : 0;
      return std::max(1e-6, left_ / static_cast<double>(to_come_)) * std::exp(off);
    }
    const double distance = kNearest + (kFarthest - kNearest) * random.uniform();
    return std::exp(order_[variant] < smaller_ ? -distance : distance);
  }

  // What one variant has is not left for the others.
  void spend(double ratio) {
    left_ -= ratio;
    --to_come_;
  }

 private:
  std::optional<double> mean_;
  double left_;
  std::size_t to_come_;
  std::uint64_t smaller_ = 0;
  std::vector<std::uint64_t> order_;
};

class VariantDrawer {
 public:
  VariantDrawer(const TaskNetwork& network, const VariantWishes& wishes)
      : model_(*network.model),
        starts_(network.starts.empty() ? kept_starts(model_) : network.starts),
        kept_(sizes_kept(model_, starts_)),
        unknown_(infer(unchanged(model_)).train().unknown.size()),
        parameters_only_(wishes.mean_parameters.has_value()) {}

  // Nothing where no variant was found.
  std::optional<Variant> draw(const VariantWish& wish, const Ratios& ratios, std::size_t number,
                              RandomStream& random) {
    const Model& base = wish.base ? *wish.base : model_;
    const Load reference = load_of(base);
    std::optional<Variant> found;
    double best = INFINITY;
    for (int tried = 0; tried < kTries; ++tried) {
      const ChangedModel changed = changed_structure(base, random);
      const WidthInference widths = infer(changed);
      if (wish.classes && !widths.classes) continue;
      if (widths.train().unknown.size() > unknown_) continue;  // a change that no rule explains
      const VariantGoal goal{reference, ratios.draw(number, random), parameters_only_,
                             wish.classes};
      auto variant = draw_variant(changed.model, widths, goal, random);
      if (!variant) continue;
      const double off =
          std::abs(std::log(load_of(*variant).parameters / (goal.ratio * reference.parameters)));
      const bool fresh = sizes_.count(parameter_count(*variant)) == 0;
      if (found && (!fresh || (parameters_only_ && off > best))) continue;
      found = made(std::move(*variant), changed.origin);
      best = off;
      if (fresh && (!parameters_only_ || off < kCloseEnough)) break;
    }
    if (found) sizes_.insert(parameter_count(*found->model));
    return found;
  }

  // The model itself, with other classes where that is asked and can be.
  std::optional<Variant> copy(const VariantWish& wish) const {
    ChangedModel base = unchanged(wish.base ? *wish.base : model_);
    if (wish.classes) {
      const WidthInference widths = infer(base);
      if (!widths.classes) return std::nullopt;
      Assignment sizes = own_sizes(widths);
      sizes[*widths.classes] = *wish.classes;
      base.model = resized(base.model, widths, sizes);
    }
    return made(std::move(base.model), base.origin);
  }

 private:
  // What keeps its values keeps its sizes.
  WidthInference infer(const ChangedModel& changed) const {
    std::vector<bool> kept;
    for (const std::size_t from : changed.origin) kept.push_back(kept_[from]);
    return infer_widths(changed.model, ResultSizes::kClassesVary, kept);
  }

  Variant made(Model model, const std::vector<std::size_t>& origin) const {
    fill_constants(model_, origin, model);
    std::vector<Start> starts = variant_starts(model_, starts_, model, origin);
    return {std::make_shared<const Model>(std::move(model)), std::move(starts)};
  }

  const Model& model_;
  std::vector<Start> starts_;
  std::vector<bool> kept_;  // sizes of tensors that stay
  std::size_t unknown_;     // operations whose sizes the rules do not know
  bool parameters_only_;
  std::set<std::uint64_t> sizes_;
};

}  // namespace

std::vector<std::optional<Variant>> draw_variants(const TaskNetwork& network,
                                                  const VariantWishes& wishes, const Secret& seed,
                                                  const std::string& name) {
  const std::size_t count = wishes.each.size();
  if (count == 0) return {};
  RandomStream order(seed, "variants/" + name);
  Ratios ratios(order, count, wishes.mean_parameters);
  VariantDrawer drawer(network, wishes);
  std::vector<std::optional<Variant>> variants;
  for (std::size_t i = 0; i < count; ++i) {
    RandomStream random(seed, fmt::format("variant/{}/{}", name, i));
    std::optional<Variant> variant;
    if (wishes.kind == VariantKind::kFamily)
      variant = drawer.draw(wishes.each[i], ratios, i, random);
    if (!variant) variant = drawer.copy(wishes.each[i]);
    if (variant)
      ratios.spend(
          static_cast<double>(parameter_count(*variant->model)) /
          static_cast<double>(std::max<std::uint64_t>(1, parameter_count(*network.model))));
    variants.push_back(std::move(variant));
  }
  return variants;
}

}  // namespace amalgam
