// What a scaler leaves in columns of real numbers.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "amalgam/dataset.h"
#include "obfuscate/scaling.h"

namespace amalgam {

// kStandard: a mean of 0 and a deviation of 1; kCentred: a mean of 0; kRange: all from `least` to
// 1, both reached; kLargest: 1 is the largest absolute value; kRobust: a median of 0 and quartiles
// that are 1 apart; kRanks: ranks from 0 to 1, or a normal distribution's values at these; kNear:
// means near 0 and deviations near 1, as after a scaler that was fitted on other rows or on more.
struct ColumnHabit {
  enum class Kind : std::uint8_t { kStandard, kCentred, kRange, kLargest, kRobust, kRanks, kNear };
  // What was scaled by itself, a group: by the first dimension of a sample, or by the last one.
  enum class Over : std::uint8_t { kColumn, kChannel, kLast, kAll };
  // The rows that the scaler was fitted on: of kAllRows some became held-out rows afterwards.
  enum class Fitted : std::uint8_t { kTraining, kHeldOut, kAllRows };
  Kind kind = Kind::kStandard;
  Over over = Over::kColumn;
  Fitted fitted = Fitted::kTraining;
  Role role = Role::kFeature;  // of the fields
  // By field of that role, by group: which have it, and which have more than two values. Scalers
  // leave columns of categories alone.
  std::vector<std::vector<bool>> places, graded;

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

  bool normal = false;  // kRanks

  // In float64: whether what was scaled was float64, so that decimals were rounded once.
  bool decimals = false;

  // kNear. By how much means are off 0, and deviations off 1, of groups: together, and each more.
  struct Off {
    double bias = 0, spread = 0;
  };
  Off means_off, deviations_off;

  // "features" or "targets"
  std::string fields() const;
  // "a mean of exactly 0 and a deviation of 1 in columns"
  std::string text() const;
};

// Whether one scaler may have left both, whatever the rows it was fitted on.
bool same_scaler(const ColumnHabit& a, const ColumnHabit& b);

// No groups where a field has none of the kind.
Grouping grouping_over(ColumnHabit::Over over, const Field& field);

// Whether a field is of real numbers and of a habit's role.
inline bool is_real(const Field& field, Role role) {
  return field.role == role && field.tensor.dtype == DType::kFloat32;
}

}  // namespace amalgam
