#include "obfuscate/row_scaling.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace amalgam {
namespace {

using Kind = RowHabit::Kind;

constexpr std::size_t kLanes = 8, kBlock = 128;

// As vector units of 8 numbers add squares up, which torch.nn.functional.normalize and others use.
float norm_in_float32(RowValues values) {
  std::array<float, kLanes> sums{};
  for (std::size_t i = 0; i < values.size(); ++i) sums[i % kLanes] += values[i] * values[i];
  float squares = 0;
  for (const float sum : sums) squares += sum;
  return std::sqrt(squares);
}

// As numpy adds a row up: halves of halves, down to blocks of which 8 sums are kept.
template <typename Number>
float sum_in_float32(const Number& number, std::size_t first, std::size_t count) {
  if (count > kBlock) {
    const std::size_t half = count / 2 / kLanes * kLanes;
    return sum_in_float32(number, first, half) + sum_in_float32(number, first + half, count - half);
  }
  float sum = 0;
  std::size_t done = 0;
  if (count >= kLanes) {
    std::array<float, kLanes> sums{};
    for (; done + kLanes <= count; done += kLanes)
      for (std::size_t i = 0; i < kLanes; ++i) sums[i] += number(first + done + i);
    sum = ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
  }
  for (; done < count; ++done) sum += number(first + done);
  return sum;
}

// A value becomes (value - shift) / divisor.
template <typename Number>
struct Place {
  Number shift = 0, divisor = 0;
};

Place<float> place_in_float32(const RowScaling& scaling, RowValues values) {
  const RowMeasures measures = measures_of(values);
  const std::size_t size = values.size();
  const auto epsilon = static_cast<float>(scaling.epsilon);
  const auto count = static_cast<float>(size);
  const auto absolute = [&](std::size_t i) { return std::abs(values[i]); };
  switch (scaling.habit.kind) {
    case Kind::kNorm:
      return {0, norm_in_float32(values) + epsilon};
    case Kind::kSum:
      return {0, sum_in_float32(absolute, 0, size) + epsilon};
    case Kind::kStandard: {
      const float mean = sum_in_float32([&](std::size_t i) { return values[i]; }, 0, size) / count;
      const auto square = [&](std::size_t i) {
        const float off = values[i] - mean;
        return off * off;
      };
      const float by = scaling.habit.over_n_less_one ? count - 1 : count;
      return {mean, std::sqrt(sum_in_float32(square, 0, size) / by) + epsilon};
    }
    case Kind::kRange: {
      const auto least = static_cast<float>(measures.least);
      return {least, static_cast<float>(measures.most) - least + epsilon};
    }
    default:
      return {0, static_cast<float>(measures.largest()) + epsilon};
  }
}

Place<double> place_of(const RowScaling& scaling, RowValues values, double divisor) {
  const RowMeasures measures = measures_of(values);
  double shift = 0;
  if (scaling.habit.kind == Kind::kStandard)
    shift = measures.sum / static_cast<double>(values.size());
  if (scaling.habit.kind == Kind::kRange) shift = measures.least;
  return {shift, divisor + scaling.epsilon};
}

template <typename Number>
void put(const Place<Number>& place, double least, RowValues values, MutableBytes out) {
  const auto first = static_cast<Number>(least), range = static_cast<Number>(1 - least);
  for (std::size_t i = 0; i < values.size(); ++i) {
    Number value = (static_cast<Number>(values[i]) - place.shift) / place.divisor;
    if (first != 0) value = value * range + first;
    store_le(out, i * sizeof(float), static_cast<float>(value));
  }
}

void scale_part(const RowScaling& scaling, RowValues values, MutableBytes out) {
  const double divisor = divisor_of(scaling.habit, values);
  const double least = scaling.habit.kind == Kind::kRange ? scaling.habit.least : 0;
  if (divisor == 0) {
    for (std::size_t i = 0; i < values.size(); ++i)
      store_le(out, i * sizeof(float), static_cast<float>(least));
    return;
  }
  if (scaling.habit.rounded) {
    const Place<float> place = place_in_float32(scaling, values);
    // Squares of tiny and of huge numbers are none in float32.
    if (std::isnormal(place.divisor)) return put(place, least, values, out);
  }
  put(place_of(scaling, values, divisor), least, values, out);
}

}  // namespace

std::string RowHabit::text() const {
  const char* where = by_channel ? " in each channel" : "";
  switch (kind) {
    case Kind::kNorm:
      return fmt::format("a norm of 1{}", where);
    case Kind::kSum:
      return fmt::format("absolute values that sum to 1{}", where);
    case Kind::kLargest:
      return fmt::format("a largest absolute value of 1{}", where);
    case Kind::kStandard:
      return fmt::format("a mean of 0 and a deviation of 1{}", where);
    case Kind::kRange:
      return fmt::format("extremes of {} and 1{}", least, where);
    case Kind::kNone:
      break;
  }
  return "nothing";
}

double RowMeasures::largest() const { return std::max(std::abs(least), std::abs(most)); }

RowMeasures measures_of(RowValues values) {
  RowMeasures found;
  found.least = INFINITY, found.most = -INFINITY;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto value = static_cast<double>(values[i]);
    found.sum += value;
    found.absolutes += std::abs(value);
    found.squares += value * value;
    found.least = std::min(found.least, value);
    found.most = std::max(found.most, value);
  }
  return found;
}

double deviation_of(RowValues values, double mean, bool over_n_less_one) {
  double squares = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double off = static_cast<double>(values[i]) - mean;
    squares += off * off;
  }
  const auto count = static_cast<double>(values.size());
  return std::sqrt(squares / (over_n_less_one ? count - 1 : count));
}

double divisor_of(const RowHabit& habit, RowValues values) {
  const RowMeasures measures = measures_of(values);
  switch (habit.kind) {
    case Kind::kNorm:
      return std::sqrt(measures.squares);
    case Kind::kSum:
      return measures.absolutes;
    case Kind::kStandard:
      if (measures.least == measures.most) return 0;
      return deviation_of(values, measures.sum / static_cast<double>(values.size()),
                          habit.over_n_less_one);
    case Kind::kRange:
      return measures.most - measures.least;
    default:
      return measures.largest();
  }
}

void scale_row(const RowScaling& scaling, Bytes row, MutableBytes out) {
  const std::size_t each = row.size() / scaling.parts;
  for (std::size_t at = 0; at + each <= row.size() && each > 0; at += each)
    scale_part(scaling, RowValues(row.subspan(at, each)), out.subspan(at, each));
}

}  // namespace amalgam
