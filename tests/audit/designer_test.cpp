#include "audit/designer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "seeds.h"

namespace amalgam {
namespace {

using testing::ElementsAre;

TEST(Designer, SeesTheSizesThatDiffer) {
  const auto found =
      chosen_sizes({{{64, 3, 7, 7}, {128, 64}, {10, 128}}, {{48, 3, 7, 7}, {96, 48}, {10, 96}}});
  ASSERT_TRUE(found);
  EXPECT_THAT(*found, ElementsAre(ChosenSizes{64, 128}, ChosenSizes{48, 96}));
}

TEST(Designer, SaysNothingOfEqualFormsOrOthersHands) {
  EXPECT_FALSE(chosen_sizes({{{64, 3}}, {{64, 3}}}));
  EXPECT_FALSE(chosen_sizes({{{64, 3}, {128, 64}}, {{48, 3}, {100, 48}}}));
  EXPECT_FALSE(chosen_sizes({{{64, 3}, {128, 64}}, {{48, 3}}}));
  EXPECT_FALSE(chosen_sizes({{{41, 3}}, {{57, 3}}}));
  EXPECT_FALSE(chosen_sizes({{{64, 3}}, {{256, 3}}})) << "of another group of the ladder";
}

TEST(Designer, LeavesOutTheNumberOfClasses) {
  const std::vector<Shape> wide = {{24, 3, 3, 3}, {24, 24}, {4, 24}};
  EXPECT_EQ(form_of(wide, 4), (std::vector<Shape>{{24, 3, 3, 3}, {24, 24}, {24}}));
  EXPECT_EQ(form_of(wide, 24), (std::vector<Shape>{{24, 3, 3, 3}, {24}, {4, 24}}));
  EXPECT_EQ(form_of(wide, 0), wide);
  const auto other = form_of({{24, 3, 3, 3}, {24, 24}, {6, 24}}, 6);
  EXPECT_FALSE(chosen_sizes({form_of(wide, 4), other})) << "of one form, on other data";
  const auto found =
      chosen_sizes({form_of(wide, 4), form_of({{16, 3, 3, 3}, {16, 16}, {6, 16}}, 6)});
  ASSERT_TRUE(found);
  EXPECT_THAT(*found, ElementsAre(ChosenSizes{24}, ChosenSizes{16}));
}

TEST(Designer, TakesTheLikeliestAndIsMeasured) {
  const Secret seed = seed_of(7);
  const AttackScore score =
      score_designer({{96, 192, 384}, {64, 128, 256}, {300, 600, 1200}}, seed, 2000, 1.96);
  EXPECT_EQ(score.pick, 1u);
  EXPECT_EQ(score.hits.size(), 2000u);
  EXPECT_GT(score.advantage_within.low, 0.05) << "people have habits";
  EXPECT_LT(score.advantage_within.high, 0.6) << "and published relatives keep to them, too";
  EXPECT_NEAR(score.chance, 1.0 / 3, 1e-12);
}

TEST(Designer, IsTheSameEachTime) {
  const Secret seed = seed_of(7);
  const std::vector<ChosenSizes> job = {{48}, {64}};
  EXPECT_EQ(score_designer(job, seed, 200, 2).hits, score_designer(job, seed, 200, 2).hits);
}

}  // namespace
}  // namespace amalgam
