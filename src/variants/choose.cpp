#include "variants/choose.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

#include "variants/sized_load.h"

namespace amalgam {
namespace {

constexpr int kTries = 24;
constexpr int kHalvings = 24;
constexpr double kJitter = 0.15;  // of the logarithm of one size against the others

class Drawer {
 public:
  Drawer(SizedLoad& load, const WidthInference& widths, const VariantGoal& goal,
         RandomStream& random)
      : load_(load),
        widths_(widths),
        goal_(goal),
        lattice_(find_lattice(widths)),
        sizes_(own_sizes(widths)) {
    if (goal.classes && widths.classes) sizes_[*widths.classes] = *goal.classes;
    for (SymbolId id : widths.free) jitter_.emplace(widths.symbols.value(id), 1.0);
    if (goal.parameters_only) {
      lattice_.scaled = false;  // each size rounded by itself comes closer
      return;
    }
    if (!lattice_.scaled)
      for (auto& [size, factor] : jitter_) factor = jitter(random);
  }

  // With the widths times `scale`; where they are not scaled together, each a little off.
  Load at(double scale) {
    const std::uint64_t base = rounded(static_cast<double>(lattice_.base) * scale);
    for (SymbolId id : widths_.free) {
      const std::uint64_t own = widths_.symbols.value(id);
      sizes_[id] = lattice_.scaled ? own / lattice_.base * base
                                   : rounded(static_cast<double>(own) * scale * jitter_.at(own));
    }
    return load_.at(sizes_);
  }

  // Bisects the scale for the cost asked.
  std::optional<Assignment> search() {
    double low = 0.05, high = 20;
    std::optional<Assignment> best;
    double best_off = INFINITY;
    for (int i = 0; i < kHalvings; ++i) {
      const double middle = std::sqrt(low * high);
      const Load load = at(middle);
      const double found = relative(load);
      const double off = std::abs(std::log(found / goal_.ratio));
      if (off < best_off && on_its_side(load)) {
        best_off = off;
        best = sizes_;
      }
      (found < goal_.ratio ? low : high) = middle;
    }
    return best;
  }

 private:
  static double jitter(RandomStream& random) {
    return std::exp(kJitter * (2 * random.uniform() - 1));
  }

  std::uint64_t rounded(double size) const {
    const double steps = std::max(1.0, std::round(size / static_cast<double>(lattice_.step)));
    return static_cast<std::uint64_t>(steps) * lattice_.step;
  }

  // Cost as one number.
  double relative(const Load& load) const {
    const Load& own = goal_.reference;
    const double parameters = own.parameters > 0 ? load.parameters / own.parameters : 1;
    if (goal_.parameters_only || own.flops == 0) return parameters;
    return std::sqrt(parameters * (load.flops / own.flops));
  }

  bool on_its_side(const Load& load) const {
    const Load& own = goal_.reference;
    if (goal_.parameters_only) return true;
    if (goal_.ratio < 1) return load.parameters < own.parameters && load.flops <= own.flops;
    return load.parameters > own.parameters && load.flops >= own.flops;
  }

  SizedLoad& load_;
  const WidthInference& widths_;
  const VariantGoal& goal_;
  Lattice lattice_;
  Assignment sizes_;
  std::map<std::uint64_t, double> jitter_;  // by the size that the model has
};

}  // namespace

Lattice find_lattice(const WidthInference& widths) {
  std::set<std::uint64_t> sizes;
  std::uint64_t base = 0;
  for (SymbolId id : widths.free) {
    sizes.insert(widths.symbols.value(id));
    base = std::gcd(base, widths.symbols.value(id));
  }
  if (sizes.empty()) return {};
  const bool many = sizes.size() >= 6 && *sizes.begin() >= 2 * base;
  Lattice lattice{base, base, base >= 8 && !many};
  // A part of what is changed, or there would be too few to choose from.
  const std::uint64_t most = lattice.scaled ? base / 6 : many ? base : *sizes.begin() / 3;
  while (lattice.step > std::max<std::uint64_t>(most, 1)) {
    std::uint64_t smaller = lattice.step - 1;
    while (base % smaller != 0) --smaller;
    lattice.step = smaller;
  }
  return lattice;
}

std::optional<Model> draw_variant(const Model& model, const WidthInference& widths,
                                  const VariantGoal& goal, RandomStream& random) {
  if (widths.free.empty()) return std::nullopt;
  SizedLoad load(model, widths);
  for (int i = 0; i < kTries; ++i)
    if (const auto sizes = Drawer(load, widths, goal, random).search())
      return resized(model, widths, *sizes);
  return std::nullopt;
}

Load load_of(const Model& model) {
  return {static_cast<double>(parameter_count(model)), forward_cost(model).flops_per_sample};
}

}  // namespace amalgam
