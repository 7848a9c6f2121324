#include "obfuscate/fitted_habits.h"

#include <gtest/gtest.h>

#include <numeric>

#include "datasets.h"
#include "obfuscate/column_scaler.h"
#include "seeds.h"

namespace amalgam {
namespace {

using Fitted = ColumnHabit::Fitted;
using Kind = ColumnHabit::Kind;

constexpr std::uint64_t kRows = 600, kWidth = 5;
using RowList = std::vector<std::uint64_t>;

RowList rows_between(std::uint64_t first, std::uint64_t end) {
  RowList rows(end - first);
  std::iota(rows.begin(), rows.end(), first);
  return rows;
}

Dataset raw() {
  RandomStream random(seed_of(3), "values");
  std::vector<float> values;
  for (std::uint64_t i = 0; i < kRows * kWidth; ++i)
    values.push_back(static_cast<float>(random.normal() * 3 + 5));
  return table_of(values, kWidth);
}

// The rows as a scaler leaves them that was fitted on these and transforms those of `rows`.
Dataset scaled(const Dataset& data, Kind kind, const RowList& fitted, const RowList& rows) {
  ColumnHabit habit;
  habit.kind = kind;
  RandomStream random(seed_of(7), "scale");
  const Scaling by = scaling_to(habit, data, fitted, random)[0];
  std::vector<float> values = values_of<float>(data.fields[0].tensor);
  for (const std::uint64_t row : rows)
    for (std::uint64_t c = 0; c < kWidth; ++c)
      values[row * kWidth + c] = by(values[row * kWidth + c], c, kWidth);
  return table_of(values, kWidth);
}

const RowList kTraining = rows_between(0, 450), kHeldOut = rows_between(450, kRows);
const RowList kAll = rows_between(0, kRows);

std::vector<Fitted> fitted(const Dataset& data, Kind kind) {
  std::vector<Fitted> out;
  for (const ColumnHabit& habit : fitted_habits({{&data, kTraining}, DataRows{&data, kHeldOut}})) {
    EXPECT_EQ(habit.kind, kind);
    out.push_back(habit.fitted);
  }
  return out;
}

class FittedHabits : public testing::TestWithParam<Kind> {};

TEST_P(FittedHabits, OfRowsThatWereSplitAfterwards) {
  const Dataset data = scaled(raw(), GetParam(), kAll, kAll);
  EXPECT_EQ(fitted(data, GetParam()), std::vector{Fitted::kAllRows});
}

TEST_P(FittedHabits, OfTrainingRowsAlone) {
  const Dataset data = scaled(raw(), GetParam(), kTraining, kAll);
  EXPECT_EQ(fitted(data, GetParam()), std::vector{Fitted::kTraining});
}

TEST_P(FittedHabits, OfBothByThemselves) {
  const Dataset first = scaled(raw(), GetParam(), kTraining, kTraining);
  const Dataset data = scaled(first, GetParam(), kHeldOut, kHeldOut);
  EXPECT_EQ(fitted(data, GetParam()), (std::vector{Fitted::kTraining, Fitted::kHeldOut}));
}

TEST_P(FittedHabits, OfHeldOutRowsAlone) {
  const Dataset data = scaled(raw(), GetParam(), kHeldOut, kHeldOut);
  std::vector<Fitted> expected = {Fitted::kHeldOut};
  // Few rows may reach an end by accident.
  if (GetParam() == Kind::kRange || GetParam() == Kind::kLargest) expected.clear();
  EXPECT_EQ(fitted(data, GetParam()), expected);
}

INSTANTIATE_TEST_SUITE_P(Kinds, FittedHabits,
                         testing::Values(Kind::kStandard, Kind::kRange, Kind::kLargest,
                                         Kind::kRobust, Kind::kRanks));

TEST(RowsFitted, AreNoneWhereNoneAreHeldOut) {
  const Dataset data = raw();
  EXPECT_TRUE(rows_fitted({{&data, kAll}, std::nullopt}, Fitted::kHeldOut).empty());
  EXPECT_TRUE(rows_fitted({{&data, kAll}, std::nullopt}, Fitted::kAllRows).empty());
  EXPECT_EQ(rows_fitted({{&data, kAll}, std::nullopt}, Fitted::kTraining).size(), 1u);
}

}  // namespace
}  // namespace amalgam
