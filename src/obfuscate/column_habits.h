// What a scaler leaves in columns of real numbers, and how others are scaled so that they have it,
// too.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "amalgam/dataset.h"
#include "base/random.h"
#include "obfuscate/habits.h"
#include "obfuscate/scaling.h"

namespace amalgam {

// kStandard: a mean of 0 and a deviation of 1; kCentred: a mean of 0; kRange: all from `least` to
// 1, both reached; kLargest: 1 is the largest absolute value.
struct ColumnHabit {
  enum class Kind : std::uint8_t { kStandard, kCentred, kRange, kLargest };
  enum class Over : std::uint8_t { kColumn, kChannel, kAll };  // what was scaled by itself: a group
  Kind kind = Kind::kStandard;
  Over over = Over::kColumn;
  Role role = Role::kFeature;  // of the fields
  // By field of that role, by group: which have it. Scalers leave columns of categories alone.
  std::vector<std::vector<bool>> places;

  // kStandard and kCentred. How its deviation divides, and in what arithmetic: in float64, rounded
  // once; in float32 with exact moments, or with sums that were added up in float32, row by row, as
  // numpy does; and what was added to the deviation.
  enum class Moments : std::uint8_t { kFloat64, kFloat32, kFloat32Sums };
  bool over_n_less_one = false;
  Moments moments = Moments::kFloat64;
  double epsilon = 0;

  // kRange. 0 or -1, and whether the scaler multiplied in float32, which leaves a grid around 0 and
  // ends that are off by some of its steps.
  double least = 0;
  bool multiplied = false;

  // "features" or "targets"
  std::string fields() const;
  // "a mean of exactly 0 and a deviation of 1 in columns"
  std::string text() const;
};

// Of all float32 fields of a role in these rows, features and then targets; none where they have
// none. Groups of one value or two say nothing for or against it.
std::vector<ColumnHabit> column_habits(const Dataset& data, RowNumbers rows);

// Whether one scaler may have left both.
bool same_scaler(const ColumnHabit& a, const ColumnHabit& b);

// By field of `data`, what gives these rows the habit, in the same places where fields have as many
// groups and else in all, in the same arithmetic; no groups for other fields. Where that is
// float32, columns with a mean near 0 are first brought to a drawn place and scale.
std::vector<Scaling> scaling_to(const ColumnHabit& habit, const Dataset& data, RowNumbers rows,
                                RandomStream& random);

}  // namespace amalgam
