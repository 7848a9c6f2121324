#include "obfuscate/column_habits.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <optional>
#include <set>

#include "base/bytes.h"
#include "obfuscate/column_groups.h"
#include "obfuscate/leavings.h"

namespace amalgam {
namespace {

using Kind = ColumnHabit::Kind;
using Over = ColumnHabit::Over;

// Means of rows that were scaled among others are off by the deviation over the root of the rows.
// What float32 leaves, numpy's sums of long columns and all, is far from that.
constexpr double kExact = 1e-4, kMeanOfChance = 0.02, kDeviationOfChance = 0.01;
constexpr double kExactEnds = 4e-6;
// With an epsilon, deviations are off by it over a column's own.
constexpr double kNearDeviation = 0.02;
// Columns with real values that are scaled, of those that have them.
constexpr double kMostOf = 0.9;
constexpr std::size_t kLeastColumns = 3;
constexpr double kJitter = 0.25;  // of a level's logarithm
// Last bits of values are even and odd alike, but on a grid. Few values have a grid of their own.
constexpr std::size_t kMostValues = std::size_t{1} << 20, kSteps = 1024;
constexpr double kDeviations = 4, kLeastGap = 0.01;

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

bool has_exact_deviation(const Group& group, bool over_n_less_one) {
  return std::abs(group.deviation(over_n_less_one) - 1) <=
         std::min(kExact, kDeviationOfChance / std::sqrt(group.count));
}

// For places of a habit that others show already.
bool has(const ColumnHabit& habit, const Group& group) {
  if (group.constant()) return false;
  if (habit.kind == Kind::kRange)
    return std::abs(group.least - habit.least) <= kExactEnds &&
           std::abs(group.most - 1) <= kExactEnds;
  if (habit.kind == Kind::kLargest) return std::abs(largest(group) - 1) <= kExactEnds;
  return has_exact_mean(group) &&
         (habit.kind == Kind::kCentred || std::abs(group.deviation(false) - 1) <= kNearDeviation);
}

using Groups = std::vector<std::vector<Group>>;  // by field

// The places, and whether they make a habit.
bool find_places(const Groups& fields, ColumnHabit& habit) {
  std::size_t graded = 0, found = 0, exact = 0;
  for (const std::vector<Group>& groups : fields) {
    std::vector<bool>& places = habit.places.emplace_back();
    for (const Group& group : groups) {
      places.push_back(has(habit, group));
      if (!group.graded()) continue;
      ++graded;
      if (!places.back()) continue;
      ++found;
      exact += has_exact_deviation(group, habit.over_n_less_one) ? 1 : 0;
    }
  }
  const bool is_standard = habit.kind == Kind::kStandard;
  if (found == 0) return false;
  if (habit.over != Over::kColumn) return found == graded && (!is_standard || exact == graded);
  // A mean of 0 and a deviation of 1 are made; an end is where many values end.
  if (is_standard && (exact == graded || exact >= kLeastColumns)) return true;
  const std::size_t least = habit.kind == Kind::kRange ? 1 : kLeastColumns;
  return found >= least && static_cast<double>(found) >= kMostOf * static_cast<double>(graded);
}

void measure(const Groups& fields, ColumnHabit& habit) {
  for (std::size_t f = 0; f < fields.size(); ++f)
    for (std::size_t g = 0; g < fields[f].size(); ++g)
      if (habit.places[f][g]) {
        habit.means.push_back(mean_off(fields[f][g]));
        habit.deviations.push_back(fields[f][g].deviation(habit.over_n_less_one) - 1);
      }
}

// Fewer last bits are odd than chance lets be, of many different values.
bool on_grid(const std::vector<const Field*>& fields, RowNumbers rows) {
  double odd = 0, count = 0;
  std::set<float> steps;
  for (const Field* field : fields) {
    const auto values = view_as<float>(field->tensor.source->view());
    const std::size_t width = field->width();
    for (const std::uint64_t row :
         rows.first(std::min<std::size_t>(rows.size(), kMostValues / width + 1)))
      for (const float value : values.subspan(row * width, width)) {
        if (value == 0 || std::abs(value) == 1) continue;
        odd += std::bit_cast<std::uint32_t>(value) & 1;
        ++count;
        if (steps.size() <= kSteps) steps.insert(value);
      }
  }
  const double gap = std::max(kLeastGap * count, kDeviations * std::sqrt(count) / 2);
  return steps.size() > kSteps && odd < count / 2 - gap;
}

bool ends_are_off(const Groups& fields, const ColumnHabit& habit) {
  for (std::size_t f = 0; f < fields.size(); ++f)
    for (std::size_t g = 0; g < fields[f].size(); ++g)
      if (habit.places[f][g] && (fields[f][g].least != habit.least || fields[f][g].most != 1))
        return true;
  return false;
}

// Of both ways to divide, that which leaves deviations nearer to 1.
std::optional<ColumnHabit> standard_habit(const Groups& fields, ColumnHabit habit) {
  std::optional<ColumnHabit> best;
  for (const bool less : {false, true}) {
    ColumnHabit one = habit;
    one.over_n_less_one = less;
    if (!find_places(fields, one)) continue;
    measure(fields, one);
    if (!best || root_mean_square(one.deviations) < root_mean_square(best->deviations)) best = one;
  }
  return best;
}

std::optional<ColumnHabit> centred_habit(const Groups& fields, ColumnHabit habit) {
  habit.kind = Kind::kCentred;
  if (habit.over == Over::kAll || !find_places(fields, habit)) return std::nullopt;
  measure(fields, habit);
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
  if (habit.over == Over::kColumn && find_places(fields, habit)) return habit;
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
    if (auto standard = standard_habit(groups, habit)) return standard;
    if (auto centred = centred_habit(groups, habit)) return centred;
    if (auto range = range_habit(groups, habit)) {
      range->multiplied =
          range->kind == Kind::kRange && (ends_are_off(groups, *range) || on_grid(fields, rows));
      return range;
    }
  }
  return std::nullopt;
}

// Draws of these, each once before any comes again, and a little more or less of them.
class Leavings {
 public:
  Leavings(std::vector<double> left, RandomStream& random)
      : left_(std::move(left)), random_(random) {}
  double draw() {
    if (order_.empty()) order_ = random_.permutation(left_.size());
    const double one = left_[order_.back()];
    order_.pop_back();
    return one * std::exp(kJitter * (2 * random_.uniform() - 1));
  }

 private:
  std::vector<double> left_;
  RandomStream& random_;
  std::vector<std::uint64_t> order_;
};

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
      scaled_.push_back(!group.constant() && of_role && (!same || places[g]));
    }
  }

  Scaling scaling(RandomStream& random) const {
    if (std::none_of(scaled_.begin(), scaled_.end(), [](bool one) { return one; })) return {};
    Scaling exact = scaling_to({}, {});
    if (habit_.kind == Kind::kRange || habit_.kind == Kind::kLargest) return exact;
    std::vector<double> means, deviations;
    const auto rounded = groups_of(columns_of(field_, rows_, exact), groups_.size());
    for (std::size_t g = 0; g < groups_.size(); ++g)
      if (scaled_[g]) {
        means.push_back(mean_off(rounded[g]));
        deviations.push_back(rounded[g].deviation(habit_.over_n_less_one) - 1);
      }
    Leavings of_means(beyond_rounding(habit_.means, root_mean_square(means)), random);
    Leavings of_deviations(beyond_rounding(habit_.deviations, root_mean_square(deviations)),
                           random);
    for (double& mean : means) mean = of_means.draw();
    for (double& deviation : deviations) deviation = of_deviations.draw();
    return scaling_to(means, deviations);
  }

 private:
  // Means and deviations off by so much, by group that is scaled; nothing: by none.
  Scaling scaling_to(const std::vector<double>& means,
                     const std::vector<double>& deviations) const {
    Scaling scaling;
    scaling.multiplied = habit_.kind == Kind::kRange && habit_.multiplied;
    std::size_t next = 0;
    for (std::size_t g = 0; g < groups_.size(); ++g) {
      const Group& group = groups_[g];
      Scaling::Group& by = scaling.groups.emplace_back();
      if (scaled_[g] && habit_.kind == Kind::kRange) {
        by = {group.least, (group.most - group.least) / (1 - habit_.least), habit_.least};
      } else if (scaled_[g] && habit_.kind == Kind::kLargest) {
        by.divisor = largest(group);
      } else if (scaled_[g]) {
        const double mean = means.empty() ? 0 : means[next];
        by.shift = group.mean - mean * group.deviation(false);
        if (habit_.kind == Kind::kStandard)
          by.divisor = group.deviation(habit_.over_n_less_one) /
                       (1 + (deviations.empty() ? 0 : deviations[next]));
        ++next;
      } else if (group.constant() && habit_.role == Role::kFeature) {
        by.shift = group.least;
      }
    }
    return scaling;
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
         a.multiplied == b.multiplied &&
         alike(root_mean_square(a.means), root_mean_square(b.means)) &&
         (a.kind == Kind::kCentred ||
          alike(root_mean_square(a.deviations), root_mean_square(b.deviations)));
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
