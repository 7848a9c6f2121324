// Values that are scaled from numbers of 24 bits, and the numbers behind them.
#include "variants/uniform_grid.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace amalgam {
namespace {

std::vector<std::uint32_t> numbers(std::size_t count) {
  std::mt19937 engine(2024);
  std::vector<std::uint32_t> out(count);
  for (std::uint32_t& number : out) number = static_cast<std::uint32_t>(engine()) & 0xffffff;
  return out;
}

std::vector<float> scaled(float from, float range, bool fused, std::size_t count) {
  std::vector<float> values;
  for (const std::uint32_t number : numbers(count)) {
    const float unit = static_cast<float>(number) * 0x1p-24f;
    const double product = static_cast<double>(unit) * static_cast<double>(range);
    values.push_back(fused ? std::fma(unit, range, from) : static_cast<float>(product) + from);
  }
  return values;
}

TEST(UniformGrid, FindsAnyBound) {
  for (const float bound : {1.0f, 0.125f, 0.0625f, 0.13363062f, 3e-4f, 0.7071067f, 17.3f})
    for (const std::size_t count : {256u, 700u, 20000u}) {
      const auto values = scaled(-bound, 2 * bound, true, count);
      const auto grid = find_grid(values);
      ASSERT_TRUE(grid) << bound << " of " << count;
      EXPECT_EQ(grid->from, -bound);
      EXPECT_EQ(numbers_on(*grid, values), numbers(count));
    }
}

// Large values have one digit less than the grid there, so that two numbers may give one value.
TEST(UniformGrid, StartsAtZero) {
  const auto values = scaled(0, 0.3f, true, 900);
  const auto grid = find_grid(values);
  ASSERT_TRUE(grid);
  EXPECT_EQ(grid->from, 0);
  const auto found = numbers_on(*grid, values), drawn = numbers(900);
  ASSERT_EQ(found.size(), drawn.size());
  std::size_t off = 0;
  for (std::size_t i = 0; i < found.size(); ++i) off += found[i] != drawn[i];
  EXPECT_LT(off, found.size() / 4);
}

TEST(UniformGrid, FindsValuesThatWereRoundedTwice) {
  const auto grid = find_grid(scaled(-0.13363062f, 0.26726124f, false, 5000));
  ASSERT_TRUE(grid);
  EXPECT_EQ(grid->from, -0.13363062f);
}

TEST(UniformGrid, LeavesOthersAlone) {
  std::mt19937 engine(1);
  std::normal_distribution<float> normal(0, 0.05f);
  std::uniform_real_distribution<double> fine(-0.1, 0.1);
  std::vector<float> values(3000), finer(3000), few(3000);
  for (float& value : values) value = normal(engine);
  for (float& value : finer) value = static_cast<float>(fine(engine));
  for (float& value : few) value = static_cast<float>(engine() % 200) / 256;
  for (const auto& other : {values, finer, few, std::vector<float>(3000, 1.0f),
                            std::vector<float>(3000, NAN), std::vector<float>(3000, HUGE_VALF)})
    EXPECT_FALSE(find_grid(other));
  EXPECT_FALSE(find_grid(scaled(-1, 2, true, 255)));
}

}  // namespace
}  // namespace amalgam
