#include "variants/amount.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>

namespace amalgam {
namespace {

constexpr int kHalvings = 24;

double parameters_at(const Model& model, const WidthInference& widths, const Assignment& sizes) {
  double parameters = 0;
  for (std::size_t t = 0; t < model.tensors.size(); ++t) {
    if (model.tensors[t].kind != ModelTensor::Kind::kParameter) continue;
    double count = 1;
    for (const Size& size : widths.tensors[t])
      count *= static_cast<double>(widths.symbols.value(size, sizes));
    parameters += count;
  }
  return parameters;
}

}  // namespace

std::uint64_t size_step(const WidthInference& widths) {
  std::set<std::uint64_t> sizes;
  std::uint64_t base = 0;
  for (const SymbolId id : widths.free) {
    sizes.insert(widths.symbols.value(id));
    base = std::gcd(base, widths.symbols.value(id));
  }
  if (sizes.empty()) return 1;
  const bool many = sizes.size() >= 6 && *sizes.begin() >= 2 * base;
  const std::uint64_t most = many ? base : base >= 8 ? base / 6 : *sizes.begin() / 3;
  std::uint64_t step = base;
  while (step > std::max<std::uint64_t>(most, 1)) {
    --step;
    while (base % step != 0) --step;
  }
  return step;
}

std::optional<Model> with_parameters(const Model& model, const WidthInference& widths, double ratio,
                                     const std::optional<std::uint64_t>& classes) {
  if (widths.free.empty()) return std::nullopt;
  const std::uint64_t step = size_step(widths);
  const double goal = ratio * static_cast<double>(parameter_count(model));
  Assignment sizes = own_sizes(widths), best = sizes;
  if (classes && widths.classes) sizes[*widths.classes] = *classes;
  double low = 0.05, high = 20, best_off = std::numeric_limits<double>::infinity();
  for (int i = 0; i < kHalvings; ++i) {
    const double scale = std::sqrt(low * high);
    for (const SymbolId id : widths.free) {
      const double size = scale * static_cast<double>(widths.symbols.value(id));
      const double steps = std::max(1.0, std::round(size / static_cast<double>(step)));
      sizes[id] = static_cast<std::uint64_t>(steps) * step;
    }
    const double found = parameters_at(model, widths, sizes);
    const double off = std::abs(std::log(found / goal));
    if (off < best_off) {
      best_off = off;
      best = sizes;
    }
    (found < goal ? low : high) = scale;
  }
  return resized(model, widths, best);
}

}  // namespace amalgam
