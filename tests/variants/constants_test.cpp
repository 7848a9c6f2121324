#include "variants/constants.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "variants/inferred.h"
#include "variants/resized.h"

namespace amalgam {
namespace {

// A product or quotient of the hidden width's values with a number, and its variant of width 20.
double in_a_variant(const std::string& name, Argument number, bool expect_free = true) {
  VectorModel m;
  const ValueId y = m.call(name, m.h, {{"other", number, false}});
  m.finish(y, 12);
  const WidthInference widths = infer_widths(m.model);
  EXPECT_EQ(widths.free.size(), expect_free ? 1u : 0u) << name;
  if (widths.free.empty()) return 0;
  Assignment sizes = own_sizes(widths);
  sizes[widths.free[0]] = 20;
  const Model variant = resized(m.model, widths, sizes);
  const Argument& found = *variant.train().graph.nodes[1].find("other");
  if (const auto* real = found.get<double>()) return *real;
  return static_cast<double>(*found.get<std::int64_t>());
}

TEST(Constants, RootsAndInversesFollowTheirWidth) {
  EXPECT_EQ(in_a_variant("mul.Tensor", {std::sqrt(12.0)}), std::sqrt(20.0));
  EXPECT_EQ(in_a_variant("div.Tensor", {std::sqrt(12.0)}), std::sqrt(20.0));
  EXPECT_EQ(in_a_variant("mul.Tensor", {1 / std::sqrt(12.0)}), 1 / std::sqrt(20.0));
  EXPECT_EQ(in_a_variant("mul_.Tensor", {1.0 / 12}), 1.0 / 20);
  EXPECT_EQ(in_a_variant("div.Tensor", {std::int64_t{12}}), 20);
}

TEST(Constants, OtherNumbersStay) {
  EXPECT_EQ(in_a_variant("mul.Tensor", {0.5}), 0.5);
  EXPECT_EQ(in_a_variant("add.Tensor", {12.0}), 12.0) << "no factor";
  EXPECT_EQ(in_a_variant("mul.Tensor", {-1.0 / 12}), -1.0 / 12);
}

TEST(Constants, WhatMayBeMeantTwiceKeepsItsWidth) {
  VectorModel m;
  const ValueId other = m.linear(m.x, 6, 12);
  const ValueId both = m.call("mul.Tensor", {in("self", m.h), in("other", other)}, {kBatch, 12});
  m.finish(m.call("mul.Tensor", both, {real("other", 1.0 / 12)}), 12);
  EXPECT_EQ(infer_widths(m.model).free.size(), 1u) << "they are one width";
}

TEST(Constants, ASizeIsRecognisedInItsForms) {
  for (const double power : {1.0, -1.0, 0.5, -0.5})
    for (const bool single : {false, true}) {
      const double exact = std::pow(24.0, power);
      const double seen = single ? static_cast<double>(static_cast<float>(exact)) : exact;
      const auto form = SizeForm::between(24, seen);
      ASSERT_TRUE(form) << power << single;
      EXPECT_EQ(form->power, power);
      EXPECT_EQ(form->of(24), seen);
      EXPECT_NEAR(form->of(54), std::pow(54.0, power), 1e-5);
    }
  EXPECT_FALSE(SizeForm::between(24, 23));
  EXPECT_FALSE(SizeForm::between(24, 0.2));
}

}  // namespace
}  // namespace amalgam
