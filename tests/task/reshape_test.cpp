#include "task/reshape.h"

#include <gtest/gtest.h>

namespace amalgam {
namespace {

struct Row {
  Shape own, taken;
  bool fits;
};

TEST(Reshape, OnlyWhereOneOrderCanBeMeant) {
  const Row rows[] = {
      {{28, 28}, {1, 28, 28}, true},
      {{1, 28, 28}, {28, 28}, true},
      {{28, 28, 1}, {1, 28, 28}, true},
      {{28, 28}, {784}, true},
      {{3, 8, 8}, {192}, true},
      {{784}, {1, 28, 28}, true},
      {{784}, {28, 28}, true},
      {{}, {1}, true},
      {{1}, {}, true},
      {{6}, {6, 1}, true},
      {{8, 8, 3}, {3, 8, 8}, false},
      {{192}, {3, 8, 8}, false},
      {{3, 64}, {3, 8, 8}, false},
      {{14, 56}, {28, 28}, false},
      {{2, 3}, {3, 2}, false},
      {{4, 8, 8, 3}, {3, 4, 8, 8}, false},
      {{28, 27}, {28, 28}, false},
      {{0, 5}, {5}, false},
  };
  for (const Row& row : rows) {
    const auto shape = reshaped(row.own, row.taken);
    EXPECT_EQ(shape.has_value(), row.fits) << to_string(row.own) << " to " << to_string(row.taken);
    if (row.fits) {
      EXPECT_EQ(shape, row.taken);
    }
  }
}

TEST(Reshape, SymbolicDimensionsTakeAnySize) {
  const std::vector<Dim> images = {{3, false, ""}, {32, true, "h"}, {32, true, "w"}};
  EXPECT_EQ(reshaped({3, 8, 8}, images), (Shape{3, 8, 8}));
  EXPECT_EQ(reshaped({8, 8, 3}, images), std::nullopt);
  EXPECT_EQ(reshaped({32, 32, 3}, images), std::nullopt);
  const std::vector<Dim> gray = {{1, false, ""}, {32, true, "h"}, {32, true, "w"}};
  EXPECT_EQ(reshaped({8, 9}, gray), (Shape{1, 8, 9}));
  EXPECT_EQ(reshaped({8, 9, 10}, gray), std::nullopt);
}

TEST(Reshape, TheCureTransposesOrSaysThatNothingIsGuessed) {
  EXPECT_NE(reshape_cure({8, 8, 3}, {3, 8, 8}, "x").find("x.transpose(0, 3, 1, 2)"),
            std::string::npos);
  EXPECT_NE(reshape_cure({4, 8, 8, 3}, {3, 4, 8, 8}, "a").find("a.transpose(0, 4, 1, 2, 3)"),
            std::string::npos);
  EXPECT_NE(
      reshape_cure({192}, {3, 8, 8}, "x").find("x.reshape(-1, 8, 8, 3).transpose(0, 3, 1, 2)"),
      std::string::npos);
  EXPECT_EQ(reshape_cure({28, 27}, {28, 28}, "x"), "");
}

}  // namespace
}  // namespace amalgam
