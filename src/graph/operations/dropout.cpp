#include <array>

#include "graph/operations/families.h"
#include "graph/operations/printing.h"

namespace amalgam {
namespace {

using enum Trait;

// Without training, or without anything to drop, what went in comes out.
constexpr Operation dropout(std::string_view name) {
  return operation(name).off_by(Switch::kDropout);
}

constexpr std::array kRows = {
    dropout("dropout.default")
        .prints(function("F.dropout"))
        .ties(keeps_sizes)
        .in_images(Images::kPixels)
        .is(kMayAlias),
    dropout("dropout_.default")
        .prints(inplace_function("F.dropout"))
        .ties(keeps_sizes)
        .in_images(Images::kPixels),
    dropout("alpha_dropout.default").is(kMayAlias),
    dropout("alpha_dropout_.default"),
    dropout("feature_dropout.default").ties(keeps_sizes).is(kMayAlias),
    dropout("feature_dropout_.default"),
    dropout("feature_alpha_dropout.default"),
    dropout("feature_alpha_dropout_.default"),
    dropout("native_dropout.default"),
};

}  // namespace

std::span<const Operation> dropout_operations() { return kRows; }

}  // namespace amalgam
