#include "obfuscate/column_habits.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "obfuscate/column_groups.h"
#include "obfuscate/quantile_map.h"
#include "obfuscate/quartiles.h"
#include "obfuscate/range_bits.h"
#include "obfuscate/scaler_arithmetic.h"

namespace amalgam {
namespace {

using Kind = ColumnHabit::Kind;
using Over = ColumnHabit::Over;

// Means of rows that were scaled among others are off by the deviation over the root of the rows.
// What float32 leaves, numpy's sums of long columns and all, is far from that.
constexpr double kExact = 1e-4, kMeanOfChance = 0.02, kDeviationOfChance = 0.01;
constexpr double kExactEnds = 4e-6;
// With an epsilon, deviations are off by it over a column's own.
constexpr double kNearDeviation = 0.02, kNearMean = 0.005;
// Of a scaler that was fitted on rows of the same kind.
constexpr double kNearby = 0.25;
// Columns with real values that are scaled, of those that have them.
constexpr double kMostOf = 0.9;
constexpr std::size_t kLeastColumns = 3, kGroupsLookedAt = 64;

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
  if (habit.kind == Kind::kLargest) return std::abs(group.largest() - 1) <= kExactEnds;
  // Far from 0 float32 leaves means that are off by more.
  if (habit.kind == Kind::kStandard)
    return std::abs(mean_off(group)) <= kNearMean &&
           std::abs(group.deviation(false) - 1) <= kNearDeviation;
  return has_exact_mean(group);
}

// Whether a scaler makes this of a column of one value.
bool constant_fits(const ColumnHabit& habit, const Group& group) {
  if (habit.kind == Kind::kRange) return group.least == habit.least;
  return group.least == 0 || (habit.kind == Kind::kLargest && group.largest() == 1);
}

// What the places of a habit hold, of groups with more than two values.
struct Count {
  std::size_t graded = 0, found = 0, exact = 0, means = 0;

  bool most(std::size_t sure) const {
    return static_cast<double>(sure) >= kMostOf * static_cast<double>(graded);
  }
};

// Finds one habit after the other in groups that none has yet.
class Finder {
 public:
  Finder(std::span<const DataRows> parts, Role role) : role_(role) {
    const std::vector<Field>& fields = parts.front().data->fields;
    for (std::size_t f = 0; f < fields.size(); ++f) {
      if (!is_real(fields[f], role)) continue;
      fields_.emplace_back(parts, f);
      columns_.push_back(columns_of(fields_.back()));
    }
  }

  std::vector<ColumnHabit> find() {
    std::vector<ColumnHabit> found;
    for (const Over over : kOvers) {
      if (!found.empty() || !join_groups(over)) continue;
      for (const auto search :
           {&Finder::of_ranks, &Finder::of_moments, &Finder::of_range, &Finder::of_quartiles})
        while (auto habit = (this->*search)()) {
          take(*habit);
          habit->decimals = of_decimals(*habit);
          found.push_back(std::move(*habit));
        }
    }
    for (const Over over : kOvers)
      if (found.empty() && join_groups(over))
        if (auto near = near_standard()) found.push_back(std::move(*near));
    return found;
  }

 private:
  static constexpr std::array kOvers = {Over::kColumn, Over::kChannel, Over::kLast, Over::kAll};

  bool join_groups(Over over) {
    over_ = over;
    groups_.clear(), free_.clear(), graded_.clear();
    for (std::size_t f = 0; f < fields_.size(); ++f) {
      const Grouping grouping = grouping_over(over, fields_[f].field());
      if (grouping.count == 0) return false;
      groups_.push_back(groups_of(columns_[f], grouping));
      free_.emplace_back(grouping.count, true);
      graded_.emplace_back();
      for (const Group& group : groups_.back()) graded_.back().push_back(group.graded());
    }
    return !fields_.empty();
  }

  void take(const ColumnHabit& habit) {
    for (std::size_t f = 0; f < groups_.size(); ++f)
      for (std::size_t g = 0; g < groups_[f].size(); ++g)
        if (habit.places[f][g]) free_[f][g] = false;
  }

  ColumnHabit of_kind(Kind kind) const {
    ColumnHabit habit;
    habit.kind = kind;
    habit.over = over_;
    habit.role = role_;
    habit.graded = graded_;
    return habit;
  }

  // In tables some columns may be scaled in another way than others.
  bool may_be_partial() const {
    return over_ == Over::kColumn &&
           std::all_of(fields_.begin(), fields_.end(), [](const RealRows& rows) {
             return rows.field().sample_shape().size() <= 1;
           });
  }

  bool any_graded() const {
    for (std::size_t f = 0; f < groups_.size(); ++f)
      for (std::size_t g = 0; g < groups_[f].size(); ++g)
        if (free_[f][g] && graded_[f][g]) return true;
    return false;
  }

  Count find_places(ColumnHabit& habit) const {
    Count count;
    // Columns of two values say little of means, and nothing of ends.
    const bool graded_alone = habit.kind != Kind::kStandard || any_graded();
    habit.places.clear();
    for (std::size_t f = 0; f < groups_.size(); ++f) {
      std::vector<bool>& places = habit.places.emplace_back();
      for (std::size_t g = 0; g < groups_[f].size(); ++g) {
        const Group& group = groups_[f][g];
        const bool fits = group.constant() ? constant_fits(habit, group) : has(habit, group);
        places.push_back(free_[f][g] && fits);
        if (!free_[f][g] || group.constant() || (graded_alone && !graded_[f][g])) continue;
        ++count.graded;
        if (!fits) continue;
        ++count.found;
        count.exact += is_exact(group, habit.over_n_less_one) ? 1 : 0;
        count.means += has_exact_mean(group) ? 1 : 0;
      }
    }
    return count;
  }

  // A mean of 0 and a deviation of 1 are made, wherever they are.
  std::optional<ColumnHabit> of_moments() {
    std::optional<ColumnHabit> best;
    for (const bool less : {false, true}) {
      ColumnHabit one = of_kind(Kind::kStandard);
      one.over_n_less_one = less;
      const Count count = find_places(one);
      const bool all = count.found == count.graded && count.exact == count.graded;
      const std::size_t few = may_be_partial() ? 1 : kLeastColumns;
      const bool some = count.exact == count.graded || count.exact >= few ||
                        (count.means >= kLeastColumns && count.most(count.means));
      if (count.found == 0 || !(over_ == Over::kColumn ? some : all)) continue;
      if (!best || deviations_off(one) < deviations_off(*best)) best = one;
    }
    if (!best && over_ != Over::kAll) {
      ColumnHabit one = of_kind(Kind::kCentred);
      const Count count = find_places(one);
      const bool sure = over_ == Over::kColumn
                            ? count.found >= kLeastColumns && count.most(count.found)
                            : count.found == count.graded;
      if (count.found > 0 && sure) best = one;
    }
    if (best) find_arithmetic(moments_off(*best), *best);
    return best;
  }

  // Pixels are alike, so that all of them may be near by themselves.
  std::optional<ColumnHabit> near_standard() const {
    if (over_ == Over::kColumn && !may_be_partial()) return std::nullopt;
    ColumnHabit one = of_kind(Kind::kNear);
    std::vector<double> means, deviations;
    std::size_t graded = 0;
    for (std::size_t f = 0; f < groups_.size(); ++f) {
      std::vector<bool>& places = one.places.emplace_back();
      for (std::size_t g = 0; g < groups_[f].size(); ++g) {
        const Group& group = groups_[f][g];
        const double deviation = group.deviation(false);
        const bool near =
            graded_[f][g] && std::abs(group.mean) <= kNearby && std::abs(deviation - 1) <= kNearby;
        places.push_back(near);
        graded += graded_[f][g] ? 1 : 0;
        if (!near) continue;
        means.push_back(group.mean / deviation);
        deviations.push_back(deviation - 1);
      }
    }
    const std::size_t least = over_ == Over::kColumn ? kLeastColumns : 1;
    if (means.size() < least ||
        static_cast<double>(means.size()) < kMostOf * static_cast<double>(graded))
      return std::nullopt;
    one.means_off = off(means);
    one.deviations_off = off(deviations);
    return one;
  }

  static ColumnHabit::Off off(const std::vector<double>& numbers) {
    Sums sums;
    for (const double number : numbers) sums.add(number);
    return {sums.mean(), std::sqrt(sums.variance())};
  }

  // Numbers may end at 0 and 1 by themselves.
  std::optional<ColumnHabit> of_range() {
    for (const auto& [kind, least] :
         {std::pair{Kind::kRange, 0.0}, {Kind::kRange, -1.0}, {Kind::kLargest, 0.0}}) {
      ColumnHabit one = of_kind(kind);
      one.least = least;
      Count count = find_places(one);
      const std::size_t few = kind == Kind::kRange ? 1 : kLeastColumns;
      bool sure = over_ == Over::kColumn ? count.found >= few && count.most(count.found)
                                         : count.found == count.graded;
      if (!sure && may_be_partial()) {
        count.found = keep_rare_ends(one);
        // One column has the end of all where they were scaled together.
        sure = count.found > 1 || !all_within(one);
      }
      if (count.found == 0 || !sure) continue;
      const Bits bits = bits_of(fields_, one.places, over_ == Over::kLast);
      // Bytes over 255 end at 0 and 1 by themselves, and so do rows that have their peak at 1.
      const bool by_nature = may_be_partial() ? bits.natural_steps() : bits.few_steps();
      if (by_nature || (over_ == Over::kAll && bits.many_at_ends())) continue;
      one.multiplied = kind == Kind::kRange && (ends_are_off(one) || bits.on_grid());
      return one;
    }
    return std::nullopt;
  }

  std::optional<ColumnHabit> of_ranks() {
    for (const bool normal : {false, true}) {
      ColumnHabit one = of_kind(Kind::kRanks);
      one.normal = normal;
      const double end = normal ? QuantileMap::kNormalEnd : 1, least = normal ? -end : 0;
      const bool any = find_columns(one, [&](std::size_t f, std::size_t g) {
        const Group& group = groups_[f][g];
        return std::abs(group.least - least) <= kExactEnds &&
               std::abs(group.most - end) <= kExactEnds && (normal || holds_ranks(fields_[f], g));
      });
      if (any) return one;
    }
    return std::nullopt;
  }

  std::optional<ColumnHabit> of_quartiles() {
    ColumnHabit one = of_kind(Kind::kRobust);
    const bool any = find_columns(
        one, [&](std::size_t f, std::size_t g) { return has_exact_quartiles(fields_[f], g); });
    if (any) return one;
    return std::nullopt;
  }

  // Of tables: the columns that are sure by themselves; whether there are any.
  template <typename Holds>
  bool find_columns(ColumnHabit& habit, Holds holds) const {
    bool any = false;
    for (std::size_t f = 0; f < groups_.size(); ++f) {
      std::vector<bool>& places = habit.places.emplace_back();
      for (std::size_t g = 0; g < groups_[f].size(); ++g) {
        places.push_back(may_be_partial() && free_[f][g] && graded_[f][g] && holds(f, g));
        any = any || places.back();
      }
    }
    return any;
  }

  bool all_within(const ColumnHabit& habit) const {
    for (const std::vector<Group>& groups : groups_)
      for (const Group& group : groups)
        if (group.most > 1 || group.least < (habit.kind == Kind::kRange ? habit.least : -1))
          return false;
    return true;
  }

  // Whether all columns that can say so were rounded once.
  bool of_decimals(const ColumnHabit& habit) const {
    if (!may_be_partial() || habit.moments != ColumnHabit::Moments::kFloat64 || habit.multiplied)
      return false;
    bool any = false;
    for (std::size_t f = 0; f < groups_.size(); ++f)
      for (std::size_t g = 0; g < std::min(groups_[f].size(), kGroupsLookedAt); ++g) {
        if (!habit.places[f][g] || !graded_[f][g]) continue;
        const std::optional<bool> once = rounded_once(fields_[f], g);
        if (once && !*once) return false;
        any = any || once.has_value();
      }
    return any;
  }

  // Of columns that end where the habit says, those in which few rows do; how many they are.
  std::size_t keep_rare_ends(ColumnHabit& habit) const {
    std::size_t kept = 0;
    for (std::size_t f = 0; f < groups_.size(); ++f)
      for (std::size_t g = 0; g < groups_[f].size(); ++g) {
        const Group& group = groups_[f][g];
        if (!habit.places[f][g]) continue;
        habit.places[f][g] = graded_[f][g] && !ends_often(fields_[f], g, group.least, group.most);
        kept += habit.places[f][g] ? 1 : 0;
      }
    return kept;
  }

  // By how much means, in deviations, and deviations are off, of groups that have the habit.
  std::vector<MomentsOff> moments_off(const ColumnHabit& habit) const {
    std::vector<MomentsOff> all;
    for (std::size_t f = 0; f < groups_.size(); ++f)
      for (std::size_t g = 0; g < groups_[f].size() && all.size() < kGroupsLookedAt; ++g) {
        if (!habit.places[f][g] || !graded_[f][g]) continue;
        const Group& group = groups_[f][g];
        const double deviation = group.deviation(habit.over_n_less_one);
        all.push_back(
            {{mean_off(group), deviation - 1},
             rounding_of(fields_[f], g, grouping_over(over_, fields_[f].field()), deviation)});
      }
    return all;
  }

  double deviations_off(const ColumnHabit& habit) const {
    double sum = 0;
    for (std::size_t f = 0; f < groups_.size(); ++f)
      for (std::size_t g = 0; g < groups_[f].size(); ++g)
        if (habit.places[f][g]) sum += std::abs(groups_[f][g].deviation(habit.over_n_less_one) - 1);
    return sum;
  }

  bool ends_are_off(const ColumnHabit& habit) const {
    for (std::size_t f = 0; f < groups_.size(); ++f)
      for (std::size_t g = 0; g < groups_[f].size(); ++g)
        if (habit.places[f][g] && (groups_[f][g].least != habit.least || groups_[f][g].most != 1))
          return true;
    return false;
  }

  Role role_;
  std::vector<RealRows> fields_;
  std::vector<ColumnSums> columns_;  // by field
  Over over_ = Over::kColumn;
  std::vector<std::vector<Group>> groups_;        // by field
  std::vector<std::vector<bool>> free_, graded_;  // by field, by group
};

}  // namespace

std::vector<ColumnHabit> column_habits(std::span<const DataRows> parts) {
  std::vector<ColumnHabit> out;
  for (const Role role : {Role::kFeature, Role::kTarget})
    for (ColumnHabit& habit : Finder(parts, role).find()) out.push_back(std::move(habit));
  return out;
}

std::vector<ColumnHabit> column_habits(const Dataset& data, RowNumbers rows) {
  const DataRows part{&data, rows};
  return column_habits(std::span(&part, 1));
}

}  // namespace amalgam
