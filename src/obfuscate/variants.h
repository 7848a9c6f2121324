// Which variants of a wanted task's model its decoys get.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "amalgam/obfuscate.h"
#include "base/secret.h"
#include "weave/task.h"

namespace amalgam {

// What is asked of one variant.
struct VariantWish {
  std::optional<std::uint64_t> classes;  // of data of its own; none: the model's
  std::shared_ptr<const Model> base;     // the model on smaller images; null: as it is
};

// All variants of one model.
struct VariantWishes {
  std::vector<VariantWish> each;
  // The mean of their parameters, over the model's; none: as their kind says.
  std::optional<double> mean_parameters;
  VariantKind kind = VariantKind::kSame;
};

// Tensors that are drawn by the starts may have no values yet.
struct Variant {
  std::shared_ptr<const Model> model;
  std::vector<Start> starts;
};

// A variant for each wish: the network's graph; or forms of the model's family, so that the model
// is any of them and its variants with the same chance (variants/balanced.h); or the model in
// widths that give the mean. A copy where there is nothing to choose. Tensors that are not drawn
// anew keep their sizes and values. Nothing for a wish of classes that the model can't be given.
// Draws from the streams "variants/<name>" and "variant/<name>/<i>".
std::vector<std::optional<Variant>> draw_variants(const TaskNetwork& network,
                                                  const VariantWishes& wishes, const Secret& seed,
                                                  const std::string& name);

}  // namespace amalgam
