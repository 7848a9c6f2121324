// Which variants of a wanted task's model its generated decoys get.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "amalgam/model.h"
#include "base/secret.h"
#include "graph/widths/inference.h"

namespace amalgam {

// What is asked of one variant.
struct VariantWish {
  std::optional<std::uint64_t> classes;  // of data of its own; none: the model's
};

// A model for each wish: variants in other widths, so drawn that the model's rank by size among all
// of them is uniform; copies of the model where it has no widths to choose. Nothing for a wish of
// classes that the model can't be given. Draws from the streams "variants/<name>" and
// "variant/<name>/<i>".
std::vector<std::shared_ptr<const Model>> draw_variants(const std::shared_ptr<const Model>& model,
                                                        const ClassOutputs& outputs,
                                                        const std::vector<VariantWish>& wishes,
                                                        const Secret& seed,
                                                        const std::string& name);

}  // namespace amalgam
