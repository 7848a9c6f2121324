#include "obfuscate/column_habits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "datasets.h"
#include "obfuscate/column_scaler.h"
#include "seeds.h"

namespace amalgam {
namespace {

using Kind = ColumnHabit::Kind;
using Over = ColumnHabit::Over;

constexpr std::uint64_t kRows = 500, kWidth = 6;

// Columns of several scales and places.
std::vector<float> raw(std::uint8_t number, std::uint64_t width = kWidth) {
  RandomStream random(seed_of(number), "values");
  std::vector<float> values;
  for (std::uint64_t r = 0; r < kRows; ++r)
    for (std::uint64_t c = 0; c < width; ++c)
      values.push_back(static_cast<float>(random.normal() * (1.0 + c) + 3.0 * c + 1.0));
  return values;
}

Dataset scaled(const Dataset& data, const std::vector<Scaling>& by) {
  const Field& field = data.fields[0];
  std::vector<float> values = values_of<float>(field.tensor);
  const std::size_t width = field.width();
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = by[0](values[i], i % width, width);
  return table_of(values, width);
}

// What scales any table so.
ColumnHabit habit(Kind kind, double least = 0) {
  ColumnHabit wished;
  wished.kind = kind;
  wished.least = least;
  return wished;
}

Dataset given(const ColumnHabit& wished, std::uint8_t number) {
  const Dataset data = table_of(raw(number), kWidth);
  RandomStream random(seed_of(7), "scale");
  return scaled(data, scaling_to(wished, data, all_rows(data), random));
}

TEST(ColumnHabits, AreSeenWhereTheyWereGiven) {
  for (const auto& [kind, least] : {std::pair{Kind::kStandard, 0.0},
                                    {Kind::kCentred, 0.0},
                                    {Kind::kRange, 0.0},
                                    {Kind::kRange, -1.0},
                                    {Kind::kLargest, 0.0}}) {
    const Dataset data = given(habit(kind, least), 1);
    const auto found = column_habits(data, all_rows(data));
    ASSERT_EQ(found.size(), 1u) << static_cast<int>(kind);
    EXPECT_EQ(found[0].kind, kind);
    EXPECT_EQ(found[0].over, Over::kColumn);
    EXPECT_EQ(found[0].least, least);
    EXPECT_FALSE(found[0].multiplied);
    EXPECT_EQ(found[0].places, std::vector(1, std::vector<bool>(kWidth, true)));
  }
}

TEST(ColumnHabits, ThereAreNoneInRawNumbers) {
  const Dataset data = table_of(raw(1), kWidth);
  EXPECT_TRUE(column_habits(data, all_rows(data)).empty());
}

TEST(ColumnHabits, ColumnsOfTwoValuesSayNothing) {
  const std::vector<float> numbers =
      values_of<float>(given(habit(Kind::kStandard), 1).fields[0].tensor);
  std::vector<float> values;
  for (std::uint64_t r = 0; r < kRows; ++r) {
    values.insert(values.end(), numbers.begin() + r * kWidth, numbers.begin() + (r + 1) * kWidth);
    values.push_back(r % 3 == 0 ? 1 : 0);
  }
  const Dataset data = table_of(values, kWidth + 1);
  const auto found = column_habits(data, all_rows(data));
  ASSERT_EQ(found.size(), 1u);
  std::vector<bool> places(kWidth, true);
  places.push_back(false);
  EXPECT_EQ(found[0].places[0], places);

  // Nor are they scaled where the other's were not.
  std::vector<float> more;
  for (std::uint64_t r = 0; r < kRows; ++r)
    for (std::uint64_t c = 0; c <= kWidth; ++c)
      more.push_back(static_cast<float>(c < kWidth ? (r * (c + 7)) % 31 : r % 2));
  const Dataset other = table_of(more, kWidth + 1);
  RandomStream random(seed_of(7), "scale");
  const Dataset out = scaled(other, scaling_to(found[0], other, all_rows(other), random));
  for (std::uint64_t r = 0; r < kRows; ++r)
    EXPECT_EQ(values_of<float>(out.fields[0].tensor)[r * (kWidth + 1) + kWidth], r % 2);
}

TEST(ColumnHabits, ArithmeticIsSeenInWhatItLeft) {
  using Moments = ColumnHabit::Moments;
  for (const Moments moments : {Moments::kFloat64, Moments::kFloat32, Moments::kFloat32Sums}) {
    ColumnHabit wished = habit(Kind::kStandard);
    wished.moments = moments;
    const Dataset data = given(wished, 2);
    const auto found = column_habits(data, all_rows(data));
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].moments, moments) << static_cast<int>(moments);
  }
}

TEST(ColumnHabits, AnEpsilonIsAPowerOfTen) {
  ColumnHabit wished = habit(Kind::kStandard);
  wished.epsilon = 1e-4;
  const Dataset data = given(wished, 2);
  const auto found = column_habits(data, all_rows(data));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_NEAR(std::log10(found[0].epsilon), -4, 0.6);
}

TEST(ColumnHabits, BytesOver255AreNone) {
  std::vector<float> values;
  for (std::uint64_t i = 0; i < kRows * kWidth; ++i)
    values.push_back(static_cast<float>((i * 37) % 256) / 255.0F);
  const Dataset data = table_of(values, kWidth);
  EXPECT_TRUE(column_habits(data, all_rows(data)).empty());
}

TEST(ColumnHabits, WhatFloat32CannotScaleStays) {
  ColumnHabit wished = habit(Kind::kRange);
  wished.multiplied = true;
  std::vector<float> values;
  for (std::uint64_t r = 0; r < kRows; ++r) {
    values.push_back(static_cast<float>(r) * 1e-42F);
    values.push_back(r % 2 == 0 ? 3e38F : -3e38F);
    values.push_back(static_cast<float>(r));
  }
  const Dataset data = table_of(values, 3);
  RandomStream random(seed_of(7), "scale");
  const Dataset out = scaled(data, scaling_to(wished, data, all_rows(data), random));
  for (const float value : values_of<float>(out.fields[0].tensor))
    EXPECT_TRUE(std::isfinite(value));
}

TEST(ColumnHabits, AScalerThatMultipliesLeavesAGrid) {
  ColumnHabit wished = habit(Kind::kRange);
  wished.multiplied = true;
  const Dataset data = given(wished, 3);
  const auto found = column_habits(data, all_rows(data));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_TRUE(found[0].multiplied);
}

TEST(ColumnHabits, OfTargetsToo) {
  Dataset data = table_of(raw(1), kWidth);
  data.add({"y", given(habit(Kind::kStandard), 4).fields[0].tensor, Role::kTarget});
  const auto found = column_habits(data, all_rows(data));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].role, Role::kTarget);
  EXPECT_THAT(found[0].text(), testing::HasSubstr("a mean of exactly 0 and a deviation of 1"));
  Dataset other = table_of(raw(5), kWidth);
  other.add({"y", tensor_of(DType::kFloat32, raw(6), Shape{kRows, kWidth}), Role::kTarget});
  RandomStream random(seed_of(7), "scale");
  const auto by = scaling_to(found[0], other, all_rows(other), random);
  EXPECT_TRUE(by[0].groups.empty());
  EXPECT_EQ(by[1].groups.size(), kWidth);
}

TEST(ColumnHabits, OfSeveralKindsInOneTable) {
  const Dataset standard = given(habit(Kind::kStandard), 1), range = given(habit(Kind::kRange), 2);
  const Dataset robust = given(habit(Kind::kRobust), 3);
  const std::vector<float> untouched = raw(4);
  std::vector<float> values;
  for (std::uint64_t r = 0; r < kRows; ++r)
    for (const auto& part :
         {values_of<float>(standard.fields[0].tensor), values_of<float>(range.fields[0].tensor),
          values_of<float>(robust.fields[0].tensor), untouched})
      values.insert(values.end(), part.begin() + r * kWidth, part.begin() + (r + 1) * kWidth);
  const Dataset data = table_of(values, 4 * kWidth);
  const auto found = column_habits(data, all_rows(data));
  ASSERT_EQ(found.size(), 3u);
  for (std::size_t h = 0; h < 3; ++h) {
    EXPECT_EQ(found[h].kind, (std::vector{Kind::kStandard, Kind::kRange, Kind::kRobust})[h]);
    std::vector<bool> places(4 * kWidth, false);
    for (std::size_t c = 0; c < kWidth; ++c) places[h * kWidth + c] = true;
    EXPECT_EQ(found[h].places[0], places);
  }
}

TEST(ColumnHabits, GridsOfNatureAreNone) {
  for (const double number : {2.0, 10.0, 16.0, 100.0}) {
    RandomStream random(seed_of(9), "values");
    std::vector<float> values;
    for (std::uint64_t i = 0; i < kRows * kWidth; ++i)
      values.push_back(static_cast<float>(std::floor(random.uniform() * (number + 1)) / number));
    const Dataset data = table_of(values, kWidth);
    EXPECT_TRUE(column_habits(data, all_rows(data)).empty()) << number;
  }
}

TEST(ColumnHabits, WholeNumbersThatWereScaledAreOne) {
  RandomStream random(seed_of(9), "values");
  std::vector<float> values;
  for (std::uint64_t r = 0; r < kRows; ++r)
    for (std::uint64_t c = 0; c < kWidth; ++c)
      values.push_back(static_cast<float>(std::floor(random.normal() * 9)));
  const Dataset data = table_of(values, kWidth);
  RandomStream other(seed_of(7), "scale");
  const Dataset made = scaled(data, scaling_to(habit(Kind::kRange), data, all_rows(data), other));
  EXPECT_EQ(column_habits(made, all_rows(made)).size(), 1u);
}

}  // namespace
}  // namespace amalgam
