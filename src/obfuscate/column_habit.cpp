#include "obfuscate/column_habit.h"

#include <fmt/format.h>

namespace amalgam {
namespace {

using Kind = ColumnHabit::Kind;
using Over = ColumnHabit::Over;

}  // namespace

Grouping grouping_over(ColumnHabit::Over over, const Field& field) {
  const Shape shape = field.sample_shape();
  switch (over) {
    case Over::kColumn:
      return {field.width(), false};
    case Over::kChannel:
      return {shape.size() > 1 ? shape.front() : 0, false};
    case Over::kLast:
      return {shape.size() > 1 ? shape.back() : 0, true};
    case Over::kAll:
      break;
  }
  return {1, false};
}

std::string ColumnHabit::fields() const { return role == Role::kFeature ? "features" : "targets"; }

std::string ColumnHabit::text() const {
  const char* in = over == Over::kColumn ? "in columns"
                   : over == Over::kAll  ? "over all values"
                                         : "in each channel";
  const char* of = fitted == Fitted::kTraining  ? ""
                   : fitted == Fitted::kHeldOut ? ", of held-out rows"
                                                : ", of training and held-out rows together";
  switch (kind) {
    case Kind::kCentred:
      return fmt::format("a mean of exactly 0 {}{}", in, of);
    case Kind::kLargest:
      return fmt::format("a largest absolute value of exactly 1 {}{}", in, of);
    case Kind::kRobust:
      return fmt::format("a median of exactly 0 and quartiles 1 apart {}{}", in, of);
    case Kind::kNear:
      return fmt::format("means near 0 and deviations near 1 {}{}", in, of);
    case Kind::kRanks:
      return fmt::format("{} {}{}", normal ? "a normal distribution by rank" : "ranks from 0 to 1",
                         in, of);
    case Kind::kStandard:
      return fmt::format("a mean of exactly 0 and a deviation of 1 {}{}", in, of);
    case Kind::kRange:
      break;
  }
  return fmt::format("a least value of exactly {:g} and a largest of 1 {}{}", least, in, of);
}

bool same_scaler(const ColumnHabit& a, const ColumnHabit& b) {
  if (a.kind == Kind::kNear) return b.kind == Kind::kNear && a.role == b.role && a.over == b.over;
  return a.kind == b.kind && a.over == b.over && a.role == b.role && a.places == b.places &&
         a.over_n_less_one == b.over_n_less_one && a.least == b.least &&
         a.multiplied == b.multiplied && a.moments == b.moments && a.epsilon == b.epsilon &&
         a.normal == b.normal && a.decimals == b.decimals;
}

}  // namespace amalgam
