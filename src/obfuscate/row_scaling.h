// How single rows of real numbers are scaled, each by itself.
#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"

namespace amalgam {

// What each row has, or each channel of it: a Euclidean norm of 1 (kNorm), absolute values that sum
// to 1 (kSum), a largest absolute value of 1 (kLargest), a mean of 0 and a deviation of 1
// (kStandard), or values from `least` to 1, both reached (kRange).
struct RowHabit {
  enum class Kind : std::uint8_t { kNone, kNorm, kSum, kLargest, kStandard, kRange };
  Kind kind = Kind::kNone;
  bool by_channel = false;       // of images and sequences
  bool rounded = false;          // computed in float32, else in float64 and rounded once
  bool over_n_less_one = false;  // kStandard
  double least = 0;              // kRange: 0 or -1
  double missing = 0;            // by so much of 1 an epsilon beside a divisor makes most smaller

  bool is_any() const { return kind != Kind::kNone; }
  // "a norm of 1"
  std::string text() const;
};

struct RowScaling {
  RowHabit habit;
  std::uint64_t parts = 1;  // of a row, all as long: channels
  double epsilon = 0;       // added to divisors

  bool is_any() const { return habit.is_any(); }
};

// The float32 numbers of a row, or of a part of it, wherever they stand.
class RowValues {
 public:
  explicit RowValues(Bytes bytes) : bytes_(bytes) {}

  std::size_t size() const { return bytes_.size() / sizeof(float); }
  float operator[](std::size_t i) const { return load_le<float>(bytes_, i * sizeof(float)); }

 private:
  Bytes bytes_;
};

// In float64.
struct RowMeasures {
  double sum = 0, absolutes = 0, squares = 0;
  double least = 0, most = 0;

  double largest() const;
};
RowMeasures measures_of(RowValues values);
// A row's deviation from its mean.
double deviation_of(RowValues values, double mean, bool over_n_less_one);
// What a row is divided by, without an epsilon; 0 where it cannot be scaled: of zeros, or constant
// where that has no deviation or range.
double divisor_of(const RowHabit& habit, RowValues values);

// Rows of zeros stay where they are divided alone; what is constant becomes what scalers make of
// it, 0 or the least value. REQUIRES: `out` is as long as `row`, and may be it.
void scale_row(const RowScaling& scaling, Bytes row, MutableBytes out);

}  // namespace amalgam
