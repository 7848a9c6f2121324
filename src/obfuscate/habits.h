// What an analyst's eye calls special in a task's rows: class counts and columns that are exactly
// round, and rows that are there once.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "amalgam/dataset.h"

namespace amalgam {

using RowNumbers = std::span<const std::uint64_t>;

// Whether each class has as many of these rows as the others, up to one. Nothing where rows have no
// class number, or all the same.
std::optional<bool> balanced(const Dataset& data, RowNumbers rows);

// A number for each row of a dataset; equal rows, in all features, have equal ones. Datasets are
// read when they are first asked for, and must live as long.
class RowKeys {
 public:
  const std::vector<std::uint64_t>& of(const Dataset& data);

 private:
  std::map<const Dataset*, std::vector<std::uint64_t>> known_;
};
// How many of these rows are equal to an earlier one.
std::uint64_t repeats(const std::vector<std::uint64_t>& keys, RowNumbers rows);

// What a scaler leaves in columns of real numbers. kStandard: a mean of 0 and a deviation of 1;
// kUnitRange: all from 0 to 1, both reached.
struct ColumnHabit {
  enum class Kind : std::uint8_t { kStandard, kUnitRange };
  enum class Over : std::uint8_t { kColumn, kChannel, kAll };  // what was scaled by itself
  Kind kind = Kind::kStandard;
  Over over = Over::kColumn;
  bool over_n_less_one = false;  // how its deviation divides

  // "a mean of exactly 0 and a deviation of 1 in each column"
  std::string text() const;
};
// Of all float32 features in these rows; nothing where they have none, or there is none. Columns of
// one value are left out.
std::optional<ColumnHabit> column_habit(const Dataset& data, RowNumbers rows);

// (value - shift) / divisor, for equal parts of a row; empty: values stay.
struct Scaling {
  std::vector<double> shift, divisor;
};
// By field, what gives these rows the habit; empty for fields that are no float32 features.
std::vector<Scaling> scaling_to(const ColumnHabit& habit, const Dataset& data, RowNumbers rows);

}  // namespace amalgam
