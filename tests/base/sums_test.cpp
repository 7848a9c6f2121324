#include "base/sums.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace amalgam {
namespace {

Sums sums_of(std::span<const double> numbers) {
  Sums sums{numbers.front()};
  for (const double number : numbers) sums.add(number);
  return sums;
}

std::vector<double> normal(std::size_t count, double mean) {
  std::mt19937_64 engine(5);
  std::normal_distribution<double> draw(mean, 1);
  std::vector<double> numbers(count);
  for (double& number : numbers) number = draw(engine);
  return numbers;
}

TEST(Sums, SayMeanVarianceAndExtremes) {
  const Sums sums = sums_of(std::vector<double>{4, 1, 7, 4});
  EXPECT_EQ(sums.count, 4U);
  EXPECT_EQ(sums.total(), 16);
  EXPECT_EQ(sums.mean(), 4);
  EXPECT_EQ(sums.variance(), 4.5);
  EXPECT_EQ(sums.least, 1);
  EXPECT_EQ(sums.most, 7);
  EXPECT_FALSE(sums.constant());
  EXPECT_TRUE(sums_of(std::vector<double>(3, 0.1)).constant());
  EXPECT_EQ(sums_of(std::vector<double>(3, 0.1)).variance(), 0);
}

// Sums about 0 would leave no digit of this variance.
TEST(Sums, OfLargeNumbersThatHardlyDifferLoseNothing) {
  const auto numbers = normal(1000, 0);
  auto far = numbers;
  for (double& number : far) number += 1e9;
  const double variance = sums_of(numbers).variance();
  EXPECT_NEAR(sums_of(far).variance(), variance, 1e-6 * variance);
  EXPECT_NEAR(sums_of(far).mean() - 1e9, sums_of(numbers).mean(), 1e-6);
}

TEST(Sums, KeepTheOrderInWhichNumbersAreAdded) {
  const auto numbers = normal(501, 3);
  double sum = 0, squares = 0;
  for (const double number : numbers) {
    const double from = number - numbers.front();
    sum += from;
    squares += from * from;
  }
  const Sums found = sums_of(numbers);
  EXPECT_EQ(found.sum, sum);
  EXPECT_EQ(found.squares, squares);
}

TEST(Sums, OfPartsAreThoseOfAll) {
  const auto numbers = normal(100, 20);
  const std::span all(numbers);
  Sums joined{numbers.front()};
  for (std::size_t part = 0; part < 4; ++part) {
    Sums sums{numbers.front()};
    for (const double number : all.subspan(part * 25, 25)) sums.add(number);
    joined.join(sums);
  }
  const Sums whole = sums_of(numbers);
  EXPECT_EQ(joined.count, whole.count);
  EXPECT_EQ(joined.least, whole.least);
  EXPECT_EQ(joined.most, whole.most);
  EXPECT_NEAR(joined.mean(), whole.mean(), 1e-12);
  EXPECT_NEAR(joined.variance(), whole.variance(), 1e-12);
}

TEST(Sums, AreMovedToAnotherCentre) {
  const auto numbers = normal(200, 7);
  double squares = 0;
  for (const double number : numbers) squares += (number - 6.5) * (number - 6.5);
  EXPECT_NEAR(sums_of(numbers).squares_about(6.5), squares, 1e-10);
}

TEST(ColumnSums, AreSumsOfEachColumn) {
  const std::vector<float> rows = {1, 1e7F, -3, 2, 1e7F + 2, -3, 5, 1e7F + 1, -3};
  const std::vector<double> origins(rows.begin(), rows.begin() + 3);
  ColumnSums columns(origins), first(origins), last(origins);
  for (std::size_t r = 0; r < 3; ++r) {
    const auto row = std::span(rows).subspan(r * 3, 3);
    columns.add(row);
    (r == 0 ? first : last).add(row);
  }
  first.join(last);
  EXPECT_EQ(columns.rows(), 3U);
  EXPECT_EQ(first.rows(), 3U);
  for (std::size_t c = 0; c < 3; ++c) {
    Sums sums{origins[c]};
    for (std::size_t r = 0; r < 3; ++r) sums.add(static_cast<double>(rows[r * 3 + c]));
    for (const Sums& found : {columns.of(c), first.of(c)}) {
      EXPECT_EQ(found.count, sums.count);
      EXPECT_EQ(found.mean(), sums.mean());
      EXPECT_EQ(found.variance(), sums.variance());
      EXPECT_EQ(found.least, sums.least);
      EXPECT_EQ(found.most, sums.most);
      EXPECT_EQ(found.constant(), c == 2);
    }
  }
}

}  // namespace
}  // namespace amalgam
