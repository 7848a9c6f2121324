// Tables: how the columns of a CSV file become numbers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace amalgam {

// [table] of the recipe. Columns are named by the file's first row.
struct TabularSettings {
  bool given = false;  // the recipe has the table
  // Empty: columns whose values are all numbers are numeric, and all others categorical.
  std::vector<std::string> numeric, categorical;
  std::vector<std::string> ignore;  // columns that are left out
  bool one_hot = true;              // categories become columns of 0 and 1; else numbers
  bool standardize = true;          // numeric columns become (x - mean) / deviation
  bool fill = false;  // missing values become the mean, or a category of their own; else refused
};

// What one column became, by the training rows alone.
struct TabularColumn {
  enum class Kind : std::uint8_t { kNumeric, kCategorical, kClasses, kNumbers };
  std::string name;
  Kind kind = Kind::kNumeric;  // the latter two of targets
  // Of a numeric one: what is subtracted and divided by, in float64. Without standardize 0 and 1.
  double mean = 0, deviation = 1;
  double filled_by = 0;             // the value of a missing one, before that
  std::vector<std::string> values;  // of the others: the categories, in the order of their numbers
};

struct TabularFit {
  std::vector<TabularColumn> columns;  // in the file's order, targets too
  bool one_hot = true, fill = false;   // as TabularSettings has them

  // As JSON, which the owner keeps beside the key; and back. Throws kDamaged, naming `where` and
  // the member.
  std::string serialised() const;
  static TabularFit parsed(std::string_view text, const std::string& where);
};

}  // namespace amalgam
