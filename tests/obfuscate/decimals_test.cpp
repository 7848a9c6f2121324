#include "obfuscate/decimals.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/random.h"
#include "datasets.h"
#include "seeds.h"

namespace amalgam {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

enum class Scaler { kNone, kStandard, kRange, kLargest };
constexpr Scaler kScalers[] = {Scaler::kNone, Scaler::kStandard, Scaler::kRange, Scaler::kLargest};

// As numpy and scikit-learn have it, in float64.
std::vector<float> scaled(const std::vector<double>& raw, Scaler by) {
  const auto count = static_cast<double>(raw.size());
  const double mean = std::accumulate(raw.begin(), raw.end(), 0.0) / count;
  double squares = 0;
  for (const double value : raw) squares += (value - mean) * (value - mean);
  const auto [least, most] = std::minmax_element(raw.begin(), raw.end());
  double shift = 0, divisor = 1;
  if (by == Scaler::kStandard) shift = mean, divisor = std::sqrt(squares / count);
  if (by == Scaler::kRange) shift = *least, divisor = *most - *least;
  if (by == Scaler::kLargest) divisor = std::max(std::abs(*least), std::abs(*most));
  std::vector<float> values;
  for (const double value : raw) values.push_back(static_cast<float>((value - shift) / divisor));
  return values;
}

// So many decimals, of `terms` in a row that begin with `first`, each about 8 times; in units of
// the last digit.
std::vector<double> decimals(std::uint64_t terms, double first, double power,
                             std::uint64_t different = 200) {
  RandomStream random(seed_of(1), "decimals");
  std::vector<double> some, values;
  for (std::uint64_t i = 0; i < different; ++i)
    some.push_back((first + static_cast<double>(random.below(terms))) / power);
  for (std::uint64_t i = 0; i < 8 * different; ++i) values.push_back(some[random.below(different)]);
  return values;
}

std::vector<double> in_float32(std::vector<double> values) {
  for (double& value : values) value = static_cast<float>(value);
  return values;
}

std::optional<bool> rounded_once(const std::vector<float>& values) {
  const Dataset data = table_of(values, 1);
  const std::vector<std::uint64_t> rows = all_rows(data);
  const DataRows part{&data, rows};
  return rounded_once(RealRows({&part, 1}, 0), 0);
}

struct Column {
  std::uint64_t terms;
  double first, power;
};

constexpr Column kColumns[] = {
    {800, 0, 10},    {2000, -1000, 10}, {300, 20000, 10}, {1000, 15, 100},
    {5000, 99, 100}, {3000, -700, 100}, {20000, 1, 100},
};

TEST(NearestDecimal, IsWhatWasRounded) {
  for (int number = -20000; number <= 20000; ++number)
    for (const double power : {1.0, 10.0, 100.0, 1000.0, 10000.0, 1e6, 1e9})
      ASSERT_EQ(nearest_decimal(static_cast<float>(number / power)), number / power);
  EXPECT_EQ(nearest_decimal(16384.37F), 16384.37);
  EXPECT_EQ(nearest_decimal(1.5e-30F), 1.5e-30);
  EXPECT_EQ(nearest_decimal(-1e-45F), -1e-45);
}

TEST(NearestDecimal, WholeNumbersAreThemselves) {
  for (const float value : {0.0F, 1.0F, -7.0F, 16777216.0F, -123456792.0F, 1e20F, 3.4e38F})
    EXPECT_EQ(nearest_decimal(value), static_cast<double>(value));
  EXPECT_TRUE(std::signbit(nearest_decimal(-0.0F)));
}

TEST(NearestDecimal, WhatIsNotFiniteStays) {
  EXPECT_EQ(nearest_decimal(-kInfinity), -kInfinity);
  EXPECT_TRUE(std::isnan(nearest_decimal(std::numeric_limits<float>::quiet_NaN())));
}

TEST(NearestDecimal, RoundsToItsFloat32) {
  RandomStream random(seed_of(2), "values");
  for (int i = 0; i < 20000; ++i) {
    const auto value = static_cast<float>(random.normal() * std::exp(30 * random.normal()));
    ASSERT_EQ(static_cast<float>(nearest_decimal(value)), value);
  }
}

TEST(RoundedOnce, DecimalsThatWereScaledInFloat64) {
  for (const Column& column : kColumns)
    for (const Scaler scaler : kScalers)
      EXPECT_EQ(rounded_once(scaled(decimals(column.terms, column.first, column.power), scaler)),
                true)
          << column.terms << " from " << column.first << ", " << static_cast<int>(scaler);
}

TEST(RoundedOnce, NotDecimalsThatFloat32HeldBefore) {
  for (const Column& column : kColumns)
    for (const Scaler scaler : {Scaler::kStandard, Scaler::kRange, Scaler::kLargest})
      EXPECT_EQ(rounded_once(
                    scaled(in_float32(decimals(column.terms, column.first, column.power)), scaler)),
                false)
          << column.terms << " from " << column.first << ", " << static_cast<int>(scaler);
}

TEST(RoundedOnce, WholeNumbersWhereverTheyWere) {
  for (const Scaler scaler : kScalers) {
    EXPECT_EQ(rounded_once(scaled(in_float32(decimals(256, 0, 1)), scaler)), true);
    EXPECT_EQ(rounded_once(scaled(in_float32(decimals(9000, 1000000, 1)), scaler)), true);
  }
}

TEST(RoundedOnce, MostTermsMayBeMissing) {
  EXPECT_EQ(rounded_once(scaled(decimals(100000, 0, 100, 500), Scaler::kStandard)), true);
  EXPECT_EQ(rounded_once(scaled(in_float32(decimals(100000, 0, 100, 500)), Scaler::kStandard)),
            false);
  // None a step apart.
  std::vector<double> pairs;
  for (int i = 0; i < 200; ++i) pairs.push_back((i % 20 * 51 + i / 20 % 2 * 2) / 100.0);
  EXPECT_EQ(rounded_once(scaled(pairs, Scaler::kStandard)), true);
}

// What float32 holds is a progression as well: of it such decimals are every 2.56th, nearly.
TEST(RoundedOnce, NothingWhereTheStepIsFloat32s) {
  for (const auto& [terms, different] : {std::pair{300, 200}, {2000000, 600}}) {
    const std::vector<double> raw = decimals(terms, 4000000, 100, different);
    EXPECT_EQ(rounded_once(scaled(in_float32(raw), Scaler::kStandard)), std::nullopt) << terms;
  }
}

TEST(RoundedOnce, NothingOfRealNumbers) {
  for (const std::size_t different : {16, 20, 100, 600}) {
    RandomStream random(seed_of(3), "values");
    for (int again = 0; again < 50; ++again) {
      std::vector<double> values(different);
      for (double& value : values) value = random.normal();
      for (std::size_t i = 0; i < 3 * different; ++i) values.push_back(values[i]);
      EXPECT_EQ(rounded_once(scaled(values, Scaler::kStandard)), std::nullopt) << different;
    }
  }
}

TEST(RoundedOnce, NothingWhereOneValueIsNoTerm) {
  std::vector<double> values = decimals(300, 0, 10);
  values.push_back(12.345);
  EXPECT_EQ(rounded_once(scaled(values, Scaler::kStandard)), std::nullopt);
}

std::vector<float> terms(std::size_t different, std::size_t rows) {
  std::vector<float> values;
  for (std::size_t i = 0; i < rows; ++i) values.push_back(static_cast<float>(i % different) / 10);
  return values;
}

TEST(RoundedOnce, NothingOfTooFewOrTooManyValues) {
  EXPECT_EQ(rounded_once(terms(16, 2000)), true);
  EXPECT_EQ(rounded_once(terms(15, 2000)), std::nullopt);
  EXPECT_EQ(rounded_once(terms(600, 2000)), true);
  EXPECT_EQ(rounded_once(terms(601, 2000)), std::nullopt);
  EXPECT_EQ(rounded_once(terms(600, 1200)), true);
  EXPECT_EQ(rounded_once(terms(600, 1199)), std::nullopt);
  EXPECT_EQ(rounded_once(terms(1, 1)), std::nullopt);
}

TEST(RoundedOnce, OfManyRowsNotAllAreLookedAt) {
  std::vector<float> values = terms(100, 1 << 17);
  for (std::size_t i = 1; i < values.size(); i += 2) values[i] = static_cast<float>(i) / 7;
  EXPECT_EQ(rounded_once(values), true);
}

TEST(RoundedOnce, NothingWhereSomeAreNotFinite) {
  for (const float odd : {kInfinity, -kInfinity, std::numeric_limits<float>::quiet_NaN()}) {
    std::vector<float> values = terms(100, 1000);
    values.push_back(odd);
    EXPECT_EQ(rounded_once(values), std::nullopt);
  }
}

TEST(RoundedOnce, EachColumnByItself) {
  const std::vector<double> raw = decimals(800, 0, 10);
  const std::vector<float> once = scaled(raw, Scaler::kStandard);
  const std::vector<float> twice = scaled(in_float32(raw), Scaler::kStandard);
  std::vector<float> values;
  for (std::size_t i = 0; i < once.size(); ++i) values.insert(values.end(), {once[i], twice[i]});
  const Dataset data = table_of(values, 2);
  const std::vector<std::uint64_t> rows = all_rows(data);
  const DataRows part{&data, rows};
  const RealRows real({&part, 1}, 0);
  EXPECT_EQ(rounded_once(real, 0), true);
  EXPECT_EQ(rounded_once(real, 1), false);
}

}  // namespace
}  // namespace amalgam
