#include "obfuscate/row_habits.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"
#include "datasets.h"
#include "seeds.h"

namespace amalgam {
namespace {

using Kind = RowHabit::Kind;

constexpr std::uint64_t kRows = 200, kWidth = 48;
const Shape kImage{kRows, 3, 4, 4};

std::vector<float> raw(std::uint8_t number) {
  RandomStream random(seed_of(number), "values");
  std::vector<float> values;
  for (std::uint64_t i = 0; i < kRows * kWidth; ++i)
    values.push_back(static_cast<float>(random.normal() * (1.0 + i % 7) + i % 5));
  return values;
}

Dataset dataset(const std::vector<float>& values, const Shape& shape = {kRows, kWidth}) {
  Dataset data;
  data.add({"x", tensor_of(DType::kFloat32, values, shape), Role::kFeature});
  return data;
}

Dataset scaled(const Dataset& data, const RowScaling& by) {
  const Field& field = data.fields[0];
  std::vector<float> values = values_of<float>(field.tensor);
  const MutableBytes all = std::as_writable_bytes(std::span(values));
  for (std::uint64_t r = 0; r < data.rows(); ++r) {
    const MutableBytes row = all.subspan(r * field.row_bytes(), field.row_bytes());
    scale_row(by, row, row);
  }
  return dataset(values, field.tensor.shape);
}

RowHabit habit_of(const Dataset& data) { return row_habit(data.fields[0], all_rows(data)); }

// All that one scaler or another leaves.
std::vector<RowHabit> habits() {
  std::vector<RowHabit> all;
  for (const Kind kind : {Kind::kNorm, Kind::kSum, Kind::kLargest, Kind::kStandard, Kind::kRange})
    for (const bool rounded : {false, true}) {
      RowHabit habit;
      habit.kind = kind;
      habit.rounded = rounded && kind != Kind::kLargest && kind != Kind::kRange;
      all.push_back(habit);
      if (kind == Kind::kStandard) habit.over_n_less_one = true;
      if (kind == Kind::kRange) habit.least = -1, habit.rounded = rounded;
      all.push_back(habit);
    }
  return all;
}

TEST(RowHabits, AreSeenWhereTheyWereGiven) {
  const Dataset data = dataset(raw(1)), image = dataset(raw(2), kImage);
  for (RowHabit wished : habits()) {
    EXPECT_TRUE(same_scaler(habit_of(scaled(data, {wished, 1, 0})), wished)) << wished.text();
    EXPECT_TRUE(same_scaler(habit_of(scaled(image, {wished, 1, 0})), wished)) << wished.text();
    wished.by_channel = true;
    EXPECT_TRUE(same_scaler(habit_of(scaled(image, {wished, 3, 0})), wished)) << wished.text();
  }
}

TEST(RowHabits, OthersAreScaledToThem) {
  const Dataset data = dataset(raw(1), kImage), other = dataset(raw(2), kImage);
  for (RowHabit wished : habits()) {
    for (const bool by_channel : {false, true}) {
      wished.by_channel = by_channel;
      const Dataset first = scaled(data, {wished, by_channel ? 3U : 1U, 0});
      const auto found = row_habits(first, all_rows(first));
      const auto scaling = row_scaling_to(found, other, all_rows(other));
      ASSERT_TRUE(scaling[0].is_any()) << wished.text();
      const Dataset second = scaled(other, scaling[0]);
      EXPECT_TRUE(same_scaler(habit_of(second), wished)) << wished.text();
      EXPECT_FALSE(row_scaling_to(found, second, all_rows(second))[0].is_any()) << wished.text();
    }
  }
}

TEST(RowHabits, ThereAreNoneInRawNumbers) {
  EXPECT_FALSE(habit_of(dataset(raw(1))).is_any());
  EXPECT_FALSE(habit_of(dataset(raw(1), kImage)).is_any());
}

// Rows of values that come again and again, as bytes and counts do.
std::vector<float> repeated(std::uint8_t number, std::uint64_t count, bool counts) {
  RandomStream random(seed_of(number), "repeated values");
  std::vector<float> values;
  for (std::uint64_t i = 0; i < count; ++i) {
    double value = std::floor(random.uniform() * 256);
    if (counts)
      for (double left = value = 0; (left -= std::log(1 - random.uniform())) < 2;) ++value;
    values.push_back(static_cast<float>(value));
  }
  return values;
}

// Which scalers leave other numbers in float32: integers are added up exactly in both.
std::vector<RowHabit> habits_of_integers(bool rounded) {
  std::vector<RowHabit> all = habits();
  std::erase_if(all, [&](const RowHabit& habit) {
    const bool as_exact = habit.kind == Kind::kSum && habit.rounded;
    return as_exact || habit.rounded != rounded || habit.kind == Kind::kRange ||
           habit.kind == Kind::kLargest;
  });
  return all;
}

void expect_rounding_seen(const Dataset& data, std::uint64_t parts) {
  for (const bool rounded : {false, true})
    for (RowHabit wished : habits_of_integers(rounded)) {
      wished.by_channel = parts > 1;
      const RowHabit found = habit_of(scaled(data, {wished, parts, 0}));
      EXPECT_EQ(found.kind, wished.kind) << wished.text();
      EXPECT_EQ(found.rounded, rounded) << wished.text();
    }
}

// Equal numbers are rounded alike, so that what this leaves of a row does not even out.
TEST(RowHabits, RoundingIsSeenInRowsOfBytesAndCounts) {
  for (const std::uint8_t number : {1, 2})
    for (const bool counts : {false, true})
      for (const std::uint64_t width : {30, 200})
        expect_rounding_seen(dataset(repeated(number, kRows * width, counts), {kRows, width}), 1);
}

TEST(RowHabits, RoundingIsSeenInFewRows) {
  for (std::uint8_t number = 0; number < 40; ++number)
    expect_rounding_seen(dataset(repeated(number, 20 * 100, false), {20, 100}), 1);
}

// The mean of so many bytes is exact in float32, too: there the deviation alone tells.
TEST(RowHabits, RoundingIsSeenInImagesOfBytes) {
  for (const std::uint8_t number : {1, 2})
    for (const std::uint64_t parts : {1, 3})
      expect_rounding_seen(dataset(repeated(number, 60 * 768, false), {60, 3, 16, 16}), parts);
}

// Half of the rows say nothing of how much rounding leaves.
TEST(RowHabits, RoundingIsSeenBesideConstantRows) {
  std::vector<float> values = raw(1);
  for (std::uint64_t i = 0; i < values.size(); ++i)
    if (i / kWidth % 2 == 0) values[i] = 0;
  expect_rounding_seen(dataset(values), 1);
}

TEST(RowHabits, AreSeenInEachChannelOfSequences) {
  const Dataset data = dataset(raw(1), {kRows, 4, 12}), other = dataset(raw(2), kImage);
  const Dataset long_first = dataset(raw(1), {kRows, 12, 4});
  for (RowHabit wished : habits()) {
    wished.by_channel = true;
    const Dataset first = scaled(data, {wished, 4, 0});
    const RowHabit found = habit_of(first);
    EXPECT_TRUE(same_scaler(found, wished)) << wished.text();
    EXPECT_FALSE(habit_of(scaled(long_first, {wished, 12, 0})).by_channel) << wished.text();
    EXPECT_EQ(row_scaling_to({found}, other, all_rows(other))[0].parts, 3U) << wished.text();
    EXPECT_EQ(row_scaling_to({found}, data, all_rows(data))[0].parts, 4U) << wished.text();
    std::vector<float> values = values_of<float>(first.fields[0].tensor);
    for (std::uint64_t c = 0; c < 12; ++c) values[5 * kWidth + 24 + c] *= 1.01F;
    EXPECT_FALSE(habit_of(dataset(values, {kRows, 4, 12})).is_any()) << wished.text();
  }
}

TEST(RowHabits, WhatHasNoScaleIsNotScaled) {
  std::vector<float> constant(kRows * kWidth);
  for (std::uint64_t i = 0; i < constant.size(); ++i)
    constant[i] = static_cast<float>(1 + i / kWidth % 5);
  std::vector<float> last = constant;
  last.back() = 7;
  const auto scales = [](const RowHabit& habit, const Dataset& data) {
    return row_scaling_to({habit}, data, all_rows(data))[0].is_any();
  };
  for (const RowHabit& wished : habits()) {
    const bool shifts = wished.kind == Kind::kStandard || wished.kind == Kind::kRange;
    EXPECT_FALSE(scales(wished, dataset(std::vector<float>(kRows * kWidth)))) << wished.text();
    EXPECT_EQ(scales(wished, dataset(constant)), !shifts) << wished.text();
    EXPECT_TRUE(scales(wished, dataset(last))) << wished.text();
  }
}

TEST(RowHabits, OneRowThatLacksItIsEnough) {
  for (const RowHabit& wished : habits()) {
    const Dataset data = scaled(dataset(raw(1)), {wished, 1, 0});
    std::vector<float> values = values_of<float>(data.fields[0].tensor);
    for (std::uint64_t c = 0; c < kWidth; ++c) values[5 * kWidth + c] *= 1.01F;
    EXPECT_FALSE(habit_of(dataset(values)).is_any()) << wished.text();
  }
}

TEST(RowHabits, AnEpsilonIsImitated) {
  for (RowHabit wished : habits()) {
    if (wished.kind != Kind::kStandard) continue;
    const Dataset data = scaled(dataset(raw(1)), {wished, 1, 1e-3});
    const RowHabit found = habit_of(data);
    EXPECT_EQ(found.over_n_less_one, wished.over_n_less_one);
    EXPECT_EQ(found.rounded, wished.rounded);
    EXPECT_NEAR(std::log10(found.missing), std::log10(1e-3 / 4.5), 0.2);
    std::vector<float> larger = raw(2);
    for (float& value : larger) value *= 100;
    const Dataset other = dataset(larger);
    const auto scaling = row_scaling_to({found}, other, all_rows(other));
    EXPECT_NEAR(habit_of(scaled(other, scaling[0])).missing / found.missing, 1, 0.1);
  }
}

// Divided by n or by one less is nearly the same then.
TEST(RowHabits, AnEpsilonInWideRows) {
  std::vector<float> values;
  for (std::uint8_t number = 0; number < 5; ++number) {
    const std::vector<float> more = raw(number);
    values.insert(values.end(), more.begin(), more.end());
  }
  const Dataset data = dataset(values, {20, 5 * kRows * kWidth / 20});
  for (const bool less_one : {false, true}) {
    RowHabit wished;
    wished.kind = Kind::kStandard;
    wished.over_n_less_one = less_one;
    EXPECT_TRUE(same_scaler(habit_of(scaled(data, {wished, 1, 0})), wished));
  }
  RowHabit wished;
  wished.kind = Kind::kStandard;
  const RowHabit found = habit_of(scaled(data, {wished, 1, 6e-4}));
  EXPECT_FALSE(found.over_n_less_one);
  EXPECT_NEAR(found.missing, 6e-4 / 4.5, 3e-5);
}

TEST(RowHabits, RowsOfZerosAndConstantsSayNothing) {
  std::vector<float> values = raw(1);
  for (std::uint64_t c = 0; c < kWidth; ++c) values[c] = 0, values[kWidth + c] = -7;
  for (const RowHabit& wished : habits()) {
    const Dataset data = scaled(dataset(values), {wished, 1, 0});
    const std::vector<float> out = values_of<float>(data.fields[0].tensor);
    EXPECT_TRUE(same_scaler(habit_of(data), wished)) << wished.text();
    for (std::uint64_t c = 0; c < kWidth; ++c) {
      EXPECT_EQ(out[c], static_cast<float>(wished.least)) << wished.text();
      EXPECT_TRUE(std::isfinite(out[kWidth + c]));
      EXPECT_EQ(out[kWidth + c], out[kWidth]);
    }
  }
}

TEST(RowHabits, WhatFloat32CannotSquareIsScaledAllTheSame) {
  std::vector<float> values = raw(1);
  for (std::uint64_t c = 0; c < kWidth; ++c) values[c] *= 1e-30F, values[kWidth + c] *= 1e36F;
  for (RowHabit wished : habits()) {
    const Dataset data = scaled(dataset(values), {wished, 1, 0});
    EXPECT_EQ(habit_of(data).kind, wished.kind) << wished.text();
  }
}

TEST(RowHabits, BytesOver255AreNone) {
  for (const bool from_minus_one : {false, true}) {
    std::vector<float> values;
    for (std::uint64_t i = 0; i < kRows * kWidth; ++i) {
      const std::uint64_t place = (i + i / kWidth) % kWidth;
      const auto byte =
          static_cast<float>(place < 2 ? 255 * place : (i * 2654435761U >> 16U) % 256);
      values.push_back(from_minus_one ? byte / 127.5F - 1 : byte / 255);
    }
    EXPECT_FALSE(habit_of(dataset(values)).is_any());
  }
}

TEST(RowHabits, BytesOfWhichEachRowWasScaledHaveOne) {
  std::vector<float> values;
  for (std::uint64_t i = 0; i < kRows * kWidth; ++i)
    values.push_back(static_cast<float>(i * i * 37 % (100 + i / kWidth % 150)) / 255.0F);
  RowHabit range;
  range.kind = Kind::kRange;
  EXPECT_EQ(habit_of(scaled(dataset(values), {range, 1, 0})).kind, Kind::kRange);
}

TEST(RowHabits, CategoriesAreNone) {
  std::vector<float> values(kRows * kWidth);
  for (std::uint64_t r = 0; r < kRows; ++r) values[r * kWidth + r * 7 % kWidth] = 1;
  EXPECT_FALSE(habit_of(dataset(values)).is_any());
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = i * i % 3 == 0 ? -1 : 1;
  EXPECT_FALSE(habit_of(dataset(values)).is_any());
}

TEST(RowHabits, CategoriesBesideNumbersAreNone) {
  for (const bool constant : {false, true}) {
    std::vector<float> values = raw(1);
    for (std::uint64_t i = 0; i < values.size(); ++i) {
      values[i] = 0.3F + 0.01F * std::sin(values[i]);
      const std::uint64_t row = i / kWidth, column = i % kWidth;
      if (constant && column == 7) values[i] = 1;
      if (!constant && column < 5) values[i] = row % 5 == column ? 1 : 0;
    }
    EXPECT_FALSE(habit_of(dataset(values)).is_any());
  }
}

TEST(RowHabits, OfFewRowsOrColumnsNone) {
  RowHabit norm;
  norm.kind = Kind::kNorm;
  const Dataset data = scaled(dataset(raw(1)), {norm, 1, 0});
  const std::vector<float> values = values_of<float>(data.fields[0].tensor);
  EXPECT_FALSE(
      habit_of(dataset({values.begin(), values.begin() + 15 * kWidth}, {15, kWidth})).is_any());
  EXPECT_FALSE(habit_of(dataset(std::vector<float>(kRows, 1), {kRows, 1})).is_any());
}

TEST(RowHabits, TargetsHaveNone) {
  RowHabit sum;
  sum.kind = Kind::kSum;
  Dataset data = dataset(raw(1));
  data.add({"y", scaled(dataset(raw(2)), {sum, 1, 0}).fields[0].tensor, Role::kTarget});
  EXPECT_FALSE(row_habits(data, all_rows(data))[1].is_any());
}

}  // namespace
}  // namespace amalgam
