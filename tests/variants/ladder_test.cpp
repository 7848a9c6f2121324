#include "variants/ladder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace amalgam {
namespace {

using testing::ElementsAre;

TEST(Ladder, ASizeIsARestTimesAStep) {
  for (std::uint64_t size = 1; size <= 5000; ++size) {
    const Rung rung = rung_of(size);
    EXPECT_EQ(rung.rest * rung.step, size);
    std::uint64_t step = rung.step;
    while (step % 2 == 0) step /= 2;
    EXPECT_TRUE(step == 1 || step == 3) << size;
  }
  EXPECT_EQ(rung_of(768).rest, 1u);
  EXPECT_EQ(rung_of(100).rest, 25u);
}

TEST(Ladder, AnotherStepHasTheSameRest) {
  for (std::uint64_t size = 1; size <= 3000; ++size) {
    const Rung rung = rung_of(size);
    for (const std::uint64_t step : steps_beside(rung.step)) {
      EXPECT_EQ(rung_of(rung.rest * step).rest, rung.rest) << size;
      EXPECT_EQ(rung_of(rung.rest * step).step, step) << size;
    }
  }
}

TEST(Ladder, StepsAreInFixedGroups) {
  EXPECT_THAT(steps_beside(1), ElementsAre(1, 2, 3, 4, 6));
  EXPECT_THAT(steps_beside(12), ElementsAre(8, 12, 16, 24));
  EXPECT_THAT(steps_beside(64), ElementsAre(32, 48, 64, 96));
  EXPECT_THAT(steps_beside(128), ElementsAre(128, 192, 256, 384));
  for (int k = 0; k < 40; ++k)
    for (const std::uint64_t step : {std::uint64_t{1} << k, std::uint64_t{3} << k}) {
      const auto steps = steps_beside(step);
      EXPECT_EQ(std::count(steps.begin(), steps.end(), step), 1);
      EXPECT_TRUE(std::is_sorted(steps.begin(), steps.end()));
      for (const std::uint64_t other : steps) EXPECT_EQ(steps_beside(other), steps);
    }
}

TEST(Ladder, DepthsAreInFixedGroups) {
  EXPECT_THAT(depths_beside(2), ElementsAre(2, 3));
  EXPECT_THAT(depths_beside(6), ElementsAre(4, 6));
  EXPECT_THAT(depths_beside(12), ElementsAre(8, 12));
  EXPECT_THAT(depths_beside(24), ElementsAre(16, 24));
  EXPECT_THAT(depths_beside(5), ElementsAre(5, 7));
  EXPECT_THAT(depths_beside(11), ElementsAre(9, 11));
  EXPECT_THAT(depths_beside(10), ElementsAre(10));
  EXPECT_THAT(depths_beside(1), ElementsAre(1)) << "one block is no stage";
  for (std::size_t depth = 2; depth <= 200; ++depth) {
    const auto depths = depths_beside(depth);
    EXPECT_EQ(std::count(depths.begin(), depths.end(), depth), 1);
    for (const std::size_t other : depths) EXPECT_EQ(depths_beside(other), depths);
  }
}

TEST(Ladder, TheDeepestStagesVary) {
  EXPECT_THAT(varying_stages({2, 2, 6, 2}), ElementsAre(0, 1, 2)) << "eight combinations";
  EXPECT_THAT(varying_stages({3, 4, 6, 3}), ElementsAre(0, 1, 2));
  EXPECT_THAT(varying_stages({2, 2, 2, 12}), ElementsAre(0, 1, 3));
  EXPECT_THAT(varying_stages({1, 10, 5}), ElementsAre(2)) << "the others stand alone";
  EXPECT_THAT(varying_stages({}), ElementsAre());
}

TEST(Ladder, FormsAreAllCombinations) {
  const std::vector<FamilyForm> forms = forms_beside({{6, 2}, 12}, {8, 12});
  std::vector<FamilyForm> expected;
  for (const std::size_t first : {4, 6})
    for (const std::size_t second : {2, 3})
      for (const std::uint64_t step : {8, 12}) expected.push_back({{first, second}, step});
  EXPECT_EQ(forms, expected);
  EXPECT_EQ(forms_beside({{4, 3}, 8}, {8, 12}), forms) << "whichever is asked";
  EXPECT_EQ(forms_beside({{}, 4}, {4}), (std::vector<FamilyForm>{{{}, 4}}));
}

}  // namespace
}  // namespace amalgam
