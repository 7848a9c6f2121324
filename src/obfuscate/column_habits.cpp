#include "obfuscate/column_habits.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <optional>
#include <set>

#include "base/bytes.h"
#include "obfuscate/column_groups.h"
#include "obfuscate/scaler_arithmetic.h"

namespace amalgam {
namespace {

using Kind = ColumnHabit::Kind;
using Over = ColumnHabit::Over;
using Moments = ColumnHabit::Moments;

// Means of rows that were scaled among others are off by the deviation over the root of the rows.
// What float32 leaves, numpy's sums of long columns and all, is far from that.
constexpr double kExact = 1e-4, kMeanOfChance = 0.02, kDeviationOfChance = 0.01;
constexpr double kExactEnds = 4e-6;
// With an epsilon, deviations are off by it over a column's own.
constexpr double kNearDeviation = 0.02, kNearMean = 0.005;
// Columns with real values that are scaled, of those that have them.
constexpr double kMostOf = 0.9;
constexpr std::size_t kLeastColumns = 3, kGroupsLookedAt = 64;
// Last bits of values are even and odd alike, but on a grid. Few values have a grid of their own.
constexpr std::size_t kMostValues = std::size_t{1} << 20, kSteps = 1024, kBytes = 256;
constexpr double kDeviations = 4, kLeastGap = 0.01, kFewEnds = 8, kPartAtEnds = 0.001;
// Nearer to 0, in deviations, no mean of raw numbers is; and so far they are brought, in
// deviations.
constexpr double kNearZero = 1e-3, kFarPlace = 3;
constexpr double kMostSize = 1e30, kLeastSize = 1e-30, kLeastRange = 1e-6;

bool is_real(const Field& field, Role role) {
  return field.role == role && field.tensor.dtype == DType::kFloat32;
}

// How many groups a field has; 0 where it has none of the kind.
std::size_t groups_over(Over over, const Field& field) {
  const Shape shape = field.sample_shape();
  if (over == Over::kColumn) return field.width();
  if (over == Over::kChannel) return shape.size() == 3 ? shape.front() : 0;
  return 1;
}

double largest(const Group& group) { return std::max(std::abs(group.least), std::abs(group.most)); }

double mean_off(const Group& group) { return group.mean / group.deviation(false); }

bool has_exact_mean(const Group& group) {
  return !group.constant() &&
         std::abs(mean_off(group)) <= std::min(kExact, kMeanOfChance / std::sqrt(group.count));
}

bool is_exact(const Group& group, bool over_n_less_one) {
  return has_exact_mean(group) && std::abs(group.deviation(over_n_less_one) - 1) <=
                                      std::min(kExact, kDeviationOfChance / std::sqrt(group.count));
}

// For places of a habit that others show already.
bool has(const ColumnHabit& habit, const Group& group) {
  if (group.constant()) return false;
  if (habit.kind == Kind::kRange)
    return std::abs(group.least - habit.least) <= kExactEnds &&
           std::abs(group.most - 1) <= kExactEnds;
  if (habit.kind == Kind::kLargest) return std::abs(largest(group) - 1) <= kExactEnds;
  // Far from 0 float32 leaves means that are off by more.
  if (habit.kind == Kind::kStandard)
    return std::abs(mean_off(group)) <= kNearMean &&
           std::abs(group.deviation(false) - 1) <= kNearDeviation;
  return has_exact_mean(group);
}

// Whether a scaler makes this of a column of one value.
bool constant_fits(const ColumnHabit& habit, const Group& group) {
  if (habit.kind == Kind::kRange) return group.least == habit.least;
  return group.least == 0 || (habit.kind == Kind::kLargest && largest(group) == 1);
}

using Groups = std::vector<std::vector<Group>>;  // by field

bool has_graded(const Groups& fields) {
  return std::any_of(fields.begin(), fields.end(), [](const std::vector<Group>& groups) {
    return std::any_of(groups.begin(), groups.end(), [](const Group& g) { return g.graded(); });
  });
}

// The places, and whether they make a habit.
bool find_places(const Groups& fields, ColumnHabit& habit) {
  std::size_t graded = 0, found = 0, exact = 0, means = 0;
  // Columns of two values say little of means, and nothing of ends.
  const bool any_graded = habit.kind != Kind::kStandard || has_graded(fields);
  for (const std::vector<Group>& groups : fields) {
    std::vector<bool>& places = habit.places.emplace_back();
    for (const Group& group : groups) {
      places.push_back(group.constant() ? constant_fits(habit, group) : has(habit, group));
      if (group.constant() || (any_graded && !group.graded())) continue;
      ++graded;
      if (!places.back()) continue;
      ++found;
      exact += is_exact(group, habit.over_n_less_one) ? 1 : 0;
      means += has_exact_mean(group) ? 1 : 0;
    }
  }
  const bool is_standard = habit.kind == Kind::kStandard;
  if (found == 0) return false;
  if (habit.over != Over::kColumn) return found == graded && (!is_standard || exact == graded);
  // A mean of 0 and a deviation of 1 are made; an end is where many values end.
  if (is_standard && (exact == graded || exact >= kLeastColumns)) return true;
  const std::size_t least = habit.kind == Kind::kRange ? 1 : kLeastColumns;
  const std::size_t sure = is_standard ? means : found;
  return sure >= least && static_cast<double>(sure) >= kMostOf * static_cast<double>(graded);
}

// By how much means, in deviations, and deviations are off, of groups that have the habit.
std::vector<MomentsOff> moments_off(const std::vector<const Field*>& fields, RowNumbers rows,
                                    const Groups& groups, const ColumnHabit& habit) {
  std::vector<MomentsOff> all;
  for (std::size_t f = 0; f < groups.size(); ++f)
    for (std::size_t g = 0; g < groups[f].size() && all.size() < kGroupsLookedAt; ++g) {
      const Group& group = groups[f][g];
      if (!habit.places[f][g] || !group.graded()) continue;
      const double deviation = group.deviation(habit.over_n_less_one);
      all.push_back({{mean_off(group), deviation - 1},
                     rounding_of(*fields[f], rows, g, groups[f].size(), deviation)});
    }
  return all;
}

double deviations_off(const Groups& fields, const ColumnHabit& habit) {
  double sum = 0;
  for (std::size_t f = 0; f < fields.size(); ++f)
    for (std::size_t g = 0; g < fields[f].size(); ++g)
      if (habit.places[f][g]) sum += std::abs(fields[f][g].deviation(habit.over_n_less_one) - 1);
  return sum;
}

// Of values between the ends.
struct Bits {
  double odd = 0, count = 0, at_ends = 0;  // at 1 or -1
  std::set<float> steps;                   // different values, so many as are looked for

  // A scaler puts one there.
  bool many_at_ends() const { return at_ends > kFewEnds + kPartAtEnds * count; }
  // Fewer last bits are odd than chance lets be, of many different values.
  bool on_grid() const {
    const double gap = std::max(kLeastGap * count, kDeviations * std::sqrt(count) / 2);
    return steps.size() > kSteps && odd < count / 2 - gap;
  }
};

Bits bits_of(const std::vector<const Field*>& fields, RowNumbers rows) {
  Bits bits;
  for (const Field* field : fields) {
    const auto values = view_as<float>(field->tensor.source->view());
    const std::size_t width = field->width();
    for (const std::uint64_t row :
         rows.first(std::min<std::size_t>(rows.size(), kMostValues / width + 1)))
      for (const float value : values.subspan(row * width, width)) {
        if (std::abs(value) == 1) ++bits.at_ends;
        if (value == 0 || std::abs(value) == 1) continue;
        bits.odd += std::bit_cast<std::uint32_t>(value) & 1;
        ++bits.count;
        if (bits.steps.size() <= kSteps) bits.steps.insert(value);
      }
  }
  return bits;
}

bool ends_are_off(const Groups& fields, const ColumnHabit& habit) {
  for (std::size_t f = 0; f < fields.size(); ++f)
    for (std::size_t g = 0; g < fields[f].size(); ++g)
      if (habit.places[f][g] && (fields[f][g].least != habit.least || fields[f][g].most != 1))
        return true;
  return false;
}

// Of both ways to divide, that which leaves deviations nearer to 1.
std::optional<ColumnHabit> standard_habit(const Groups& fields, const ColumnHabit& habit) {
  std::optional<ColumnHabit> best;
  for (const bool less : {false, true}) {
    ColumnHabit one = habit;
    one.over_n_less_one = less;
    if (!find_places(fields, one)) continue;
    if (!best || deviations_off(fields, one) < deviations_off(fields, *best)) best = one;
  }
  return best;
}

std::optional<ColumnHabit> centred_habit(const Groups& fields, ColumnHabit habit) {
  habit.kind = Kind::kCentred;
  if (habit.over == Over::kAll || !find_places(fields, habit)) return std::nullopt;
  return habit;
}

std::optional<ColumnHabit> range_habit(const Groups& fields, ColumnHabit habit) {
  habit.kind = Kind::kRange;
  for (const double least : {0.0, -1.0}) {
    ColumnHabit one = habit;
    one.least = least;
    if (find_places(fields, one)) return one;
  }
  habit.kind = Kind::kLargest;
  if (find_places(fields, habit)) return habit;
  return std::nullopt;
}

std::optional<ColumnHabit> habit_of(const Dataset& data, RowNumbers rows, Role role) {
  std::vector<const Field*> fields;
  std::vector<ColumnSums> columns;
  for (const Field& field : data.fields)
    if (is_real(field, role)) {
      fields.push_back(&field);
      columns.push_back(columns_of(field, rows));
    }
  if (fields.empty()) return std::nullopt;
  for (const Over over : {Over::kColumn, Over::kChannel, Over::kAll}) {
    Groups groups;
    for (std::size_t f = 0; f < fields.size(); ++f)
      if (const std::size_t count = groups_over(over, *fields[f]); count > 0)
        groups.push_back(groups_of(columns[f], count));
    if (groups.size() < fields.size()) continue;
    ColumnHabit habit;
    habit.over = over;
    habit.role = role;
    auto moments = standard_habit(groups, habit);
    if (!moments) moments = centred_habit(groups, habit);
    if (moments) {
      find_arithmetic(moments_off(fields, rows, groups, *moments), *moments);
      return moments;
    }
    if (auto range = range_habit(groups, habit)) {
      const Bits bits = bits_of(fields, rows);
      // Bytes over 255 end at 0 and 1 by themselves, and so do rows that have their peak at 1.
      if (bits.steps.size() <= kBytes || (over == Over::kAll && bits.many_at_ends()))
        return std::nullopt;
      range->multiplied =
          range->kind == Kind::kRange && (ends_are_off(groups, *range) || bits.on_grid());
      return range;
    }
  }
  return std::nullopt;
}

// Whether float32 can scale it: neither all but of one value nor of the largest numbers.
bool is_ordinary(const Group& group) {
  const double range = group.most - group.least;
  return largest(group) < kMostSize && (range == 0 || range > kLeastRange * largest(group)) &&
         (largest(group) == 0 || largest(group) > kLeastSize);
}

// Scales one field.
class Scaler {
 public:
  Scaler(const ColumnHabit& habit, const Field& field, const std::vector<bool>& places,
         RowNumbers rows)
      : habit_(habit), field_(field), rows_(rows) {
    groups_ = groups_of(columns_of(field, rows),
                        std::max<std::size_t>(1, groups_over(habit.over, field)));
    const bool same = places.size() == groups_.size();
    for (std::size_t g = 0; g < groups_.size(); ++g) {
      const Group& group = groups_[g];
      const bool of_role = habit.role == Role::kFeature || group.graded();
      scaled_.push_back(of_role && is_ordinary(group) && (!same || places[g]));
    }
  }

  Scaling scaling(RandomStream& random) {
    Scaling scaling;
    if (std::none_of(scaled_.begin(), scaled_.end(), [](bool one) { return one; })) return scaling;
    scaling.groups.resize(groups_.size());
    if (habit_.multiplied) scaling.arithmetic = Scaling::Arithmetic::kMultiplied;
    if (habit_.moments != Moments::kFloat64) {
      scaling.arithmetic = Scaling::Arithmetic::kFloat32;
      displace(scaling, random);
    }
    const Scaling moved = moved_only(scaling);
    for (std::size_t g = 0; g < groups_.size(); ++g)
      if (scaled_[g]) scale(moved, g, scaling);
    return scaling;
  }

 private:
  // Of columns with a mean near 0 float32 would leave nothing to be seen.
  void displace(Scaling& scaling, RandomStream& random) {
    bool any = false;
    for (std::size_t g = 0; g < groups_.size(); ++g) {
      const Group& group = groups_[g];
      if (!scaled_[g] || group.constant() || std::abs(mean_off(group)) > kNearZero) continue;
      const double to = std::exp(random.normal());
      scaling.groups[g].factor = to / group.deviation(false);
      scaling.groups[g].offset = kFarPlace * to * random.normal();
      any = true;
    }
    if (any) groups_ = groups_of(columns_of(field_, rows_, moved_only(scaling)), groups_.size());
  }

  static Scaling moved_only(Scaling scaling) {
    scaling.arithmetic = Scaling::Arithmetic::kFloat64;
    return scaling;
  }

  // `moved`: what was done to the groups before.
  void scale(const Scaling& moved, std::size_t g, Scaling& scaling) const {
    const Group& group = groups_[g];
    Scaling::Group& by = scaling.groups[g];
    switch (habit_.kind) {
      case Kind::kRange:
        by.to = habit_.least;
        by.shift = group.least;
        if (!group.constant()) by.divisor = (group.most - group.least) / (1 - habit_.least);
        return;
      case Kind::kLargest:
        if (largest(group) > 0) by.divisor = largest(group);
        return;
      case Kind::kCentred:
      case Kind::kStandard:
        break;
    }
    double mean = group.constant() ? group.least : group.mean;
    double deviation = group.deviation(habit_.over_n_less_one);
    if (habit_.moments == Moments::kFloat32Sums && habit_.over == Over::kColumn) {
      const auto summed = summed_in_float32(field_, rows_, g, moved, habit_.over_n_less_one);
      mean = summed.mean, deviation = summed.deviation;
    }
    by.shift = mean;
    if (habit_.kind == Kind::kCentred || group.constant() || deviation == 0) return;
    by.divisor = scaling.arithmetic == Scaling::Arithmetic::kFloat64
                     ? deviation + habit_.epsilon
                     : static_cast<float>(deviation) + static_cast<float>(habit_.epsilon);
  }

  const ColumnHabit& habit_;
  const Field& field_;
  RowNumbers rows_;
  std::vector<Group> groups_;
  std::vector<bool> scaled_;
};

}  // namespace

std::string ColumnHabit::fields() const { return role == Role::kFeature ? "features" : "targets"; }

std::string ColumnHabit::text() const {
  const char* in = over == Over::kColumn    ? "in columns"
                   : over == Over::kChannel ? "in each channel"
                                            : "over all values";
  if (kind == Kind::kCentred) return fmt::format("a mean of exactly 0 {}", in);
  if (kind == Kind::kLargest) return fmt::format("a largest absolute value of exactly 1 {}", in);
  if (kind == Kind::kStandard)
    return fmt::format("a mean of exactly 0 and a deviation of 1 {}", in);
  return fmt::format("a least value of exactly {:g} and a largest of 1 {}", least, in);
}

std::vector<ColumnHabit> column_habits(const Dataset& data, RowNumbers rows) {
  std::vector<ColumnHabit> out;
  for (const Role role : {Role::kFeature, Role::kTarget})
    if (auto habit = habit_of(data, rows, role)) out.push_back(std::move(*habit));
  return out;
}

bool same_scaler(const ColumnHabit& a, const ColumnHabit& b) {
  return a.kind == b.kind && a.over == b.over && a.role == b.role && a.places == b.places &&
         a.over_n_less_one == b.over_n_less_one && a.least == b.least &&
         a.multiplied == b.multiplied && a.moments == b.moments && a.epsilon == b.epsilon;
}

std::vector<Scaling> scaling_to(const ColumnHabit& habit, const Dataset& data, RowNumbers rows,
                                RandomStream& random) {
  std::vector<Scaling> out(data.fields.size());
  std::size_t of_role = 0;
  for (std::size_t f = 0; f < data.fields.size(); ++f) {
    if (!is_real(data.fields[f], habit.role)) continue;
    const std::vector<bool> none;
    const auto& places = of_role < habit.places.size() ? habit.places[of_role] : none;
    ++of_role;
    out[f] = Scaler(habit, data.fields[f], places, rows).scaling(random);
  }
  return out;
}

}  // namespace amalgam
