#include "obfuscate/column_scaler.h"

#include <algorithm>
#include <cmath>

#include "obfuscate/column_groups.h"
#include "obfuscate/decimals.h"
#include "obfuscate/quantile_map.h"
#include "obfuscate/quartiles.h"
#include "obfuscate/scaler_arithmetic.h"

namespace amalgam {
namespace {

using Kind = ColumnHabit::Kind;
using Over = ColumnHabit::Over;
using Moments = ColumnHabit::Moments;

// Nearer to 0, in deviations, no mean of raw numbers is; and so far they are brought, in
// deviations.
constexpr double kNearZero = 1e-3, kFarPlace = 3;
constexpr double kLeastDeviation = 0.5;
constexpr double kMostSize = 1e30, kLeastSize = 1e-30, kLeastRange = 1e-6;

// Whether float32 can scale it: neither all but of one value nor of the largest numbers.
bool is_ordinary(const Group& group) {
  const double range = group.most - group.least;
  return group.largest() < kMostSize && (range == 0 || range > kLeastRange * group.largest()) &&
         (group.largest() == 0 || group.largest() > kLeastSize);
}

bool mostly(const std::vector<bool>& places) {
  return 2 * std::count(places.begin(), places.end(), true) >=
         static_cast<std::ptrdiff_t>(places.size());
}

// Which of `groups` are to have a habit that is at `places`, of more groups or fewer.
std::vector<bool> stretched(const std::vector<bool>& places, const std::vector<bool>& graded,
                            const std::vector<Group>& groups) {
  std::vector<bool> out(groups.size(), mostly(places));
  for (const bool kind : {false, true}) {
    std::vector<bool> from;
    for (std::size_t g = 0; g < places.size(); ++g)
      if (graded[g] == kind) from.push_back(places[g]);
    std::vector<std::size_t> to;
    for (std::size_t g = 0; g < groups.size(); ++g)
      if (groups[g].graded() == kind) to.push_back(g);
    for (std::size_t i = 0; i < to.size() && !from.empty(); ++i)
      out[to[i]] = from[i * from.size() / to.size()];
  }
  return out;
}

// Of the decimal numbers that a column's were.
Group group_of_decimals(const RealRows& rows, std::size_t column) {
  Sums sums{nearest_decimal(rows[0][column])};
  for (std::size_t r = 0; r < rows.size(); ++r) sums.add(nearest_decimal(rows[r][column]));
  const auto count = static_cast<double>(sums.count);
  return {count, sums.mean(), sums.variance() * count, sums.least, sums.most};
}

// Scales one field.
class Scaler {
 public:
  // `own`: which of the habit's fields it is like; may be one more than there are.
  Scaler(const ColumnHabit& habit, std::size_t own, RealRows rows)
      : habit_(habit), rows_(std::move(rows)) {
    if (const Grouping found = grouping_over(habit.over, rows_.field()); found.count > 0)
      grouping_ = found;
    groups_ = groups_of(columns_of(rows_), grouping_);
    scaled_.assign(groups_.size(), true);
    if (own < habit.places.size()) {
      const std::vector<bool>& places = habit.places[own];
      scaled_ =
          places.size() == groups_.size() ? places : stretched(places, habit.graded[own], groups_);
    }
    for (std::size_t g = 0; g < groups_.size(); ++g) {
      scaled_[g] = scaled_[g] && (habit.role == Role::kFeature || groups_[g].graded());
      if (!scaled_[g] || is_ordinary(groups_[g])) continue;
      scaled_[g] = false;
      ++left_;
    }
  }

  Scaling scaling(RandomStream& random) {
    Scaling scaling;
    if (!scales_any()) return scaling;
    scaling.left = left_;
    for (std::size_t g = 0; habit_.decimals && g < groups_.size(); ++g)
      if (scaled_[g]) groups_[g] = group_of_decimals(rows_, g);
    scaling.groups.resize(groups_.size());
    scaling.interleaved = grouping_.interleaved;
    if (in_float32()) displace(scaling, random);
    const Scaling moved = scaling;
    for (std::size_t g = 0; g < groups_.size(); ++g)
      if (scaled_[g]) scale(moved, g, scaling.groups[g]);
    if (habit_.kind == Kind::kNear) miss(scaling, random);
    return scaling;
  }

 private:
  // What is constant has nothing to be scaled.
  bool scales_any() const {
    for (std::size_t g = 0; g < groups_.size(); ++g)
      if (scaled_[g] && !groups_[g].constant()) return true;
    return false;
  }

  bool in_float32() const { return habit_.moments != Moments::kFloat64; }

  // Of columns with a mean near 0 float32 would leave nothing to be seen.
  void displace(Scaling& scaling, RandomStream& random) {
    bool any = false;
    for (std::size_t g = 0; g < groups_.size(); ++g) {
      const Group& group = groups_[g];
      const double deviation = group.deviation(false);
      if (!scaled_[g] || group.constant() || std::abs(group.mean) > kNearZero * deviation) continue;
      const double to = std::exp(random.normal());
      scaling.groups[g].scaled = true;
      scaling.groups[g].factor = to / deviation;
      scaling.groups[g].offset = kFarPlace * to * random.normal();
      any = true;
    }
    if (any) groups_ = groups_of(columns_of(rows_, scaling), grouping_);
  }

  // As where other rows were fitted.
  void miss(Scaling& scaling, RandomStream& random) const {
    const auto sign = [&] { return random.uniform() < 0.5 ? -1.0 : 1.0; };
    const double means = sign() * habit_.means_off.bias;
    const double deviations = sign() * habit_.deviations_off.bias;
    for (std::size_t g = 0; g < groups_.size(); ++g) {
      Scaling::Group& by = scaling.groups[g];
      if (!by.scaled || groups_[g].constant()) continue;
      const double deviation = 1 + deviations + habit_.deviations_off.spread * random.normal();
      by.shift -= by.divisor * (means + habit_.means_off.spread * random.normal());
      by.divisor /= std::max(kLeastDeviation, deviation);
    }
  }

  // `moved`: what was done to the groups before.
  void scale(const Scaling& moved, std::size_t g, Scaling::Group& by) const {
    const Group& group = groups_[g];
    by.scaled = true;
    by.decimals = habit_.decimals;
    switch (habit_.kind) {
      case Kind::kRange:
        if (habit_.multiplied) by.arithmetic = Scaling::Arithmetic::kMultiplied;
        by.to = habit_.least;
        by.shift = group.least;
        if (!group.constant()) by.divisor = (group.most - group.least) / (1 - habit_.least);
        return;
      case Kind::kLargest:
        if (group.largest() > 0) by.divisor = group.largest();
        return;
      case Kind::kRanks:
        by.ranks = std::make_shared<const QuantileMap>(rows_, g, habit_.normal);
        return;
      case Kind::kRobust:
        return scale_by_quartiles(g, by);
      case Kind::kNear:
      case Kind::kCentred:
      case Kind::kStandard:
        return scale_by_moments(moved, g, by);
    }
  }

  void scale_by_quartiles(std::size_t g, Scaling::Group& by) const {
    const Quartiles of = quartiles_of(rows_, g, habit_.decimals);
    by.shift = of.median;
    if (of.upper > of.lower) by.divisor = of.upper - of.lower;
  }

  void scale_by_moments(const Scaling& moved, std::size_t g, Scaling::Group& by) const {
    const Group& group = groups_[g];
    if (in_float32()) by.arithmetic = Scaling::Arithmetic::kFloat32;
    double mean = group.constant() ? group.least : group.mean;
    double deviation = group.deviation(habit_.over_n_less_one);
    if (habit_.moments == Moments::kFloat32Sums && habit_.over == Over::kColumn) {
      const auto summed = summed_in_float32(rows_, g, moved, habit_.over_n_less_one);
      mean = summed.mean, deviation = summed.deviation;
    }
    by.shift = mean;
    if (habit_.kind == Kind::kCentred || group.constant() || deviation == 0) return;
    by.divisor = in_float32() ? static_cast<float>(deviation) + static_cast<float>(habit_.epsilon)
                              : deviation + habit_.epsilon;
  }

  const ColumnHabit& habit_;
  RealRows rows_;
  Grouping grouping_{1, false};
  std::vector<Group> groups_;
  std::vector<bool> scaled_;
  std::size_t left_ = 0;
};

}  // namespace

std::vector<Scaling> scaling_to(const ColumnHabit& habit, std::span<const DataRows> parts,
                                RandomStream& random) {
  const std::vector<Field>& fields = parts.front().data->fields;
  std::vector<Scaling> out(fields.size());
  std::size_t of_role = 0;
  for (std::size_t f = 0; f < fields.size(); ++f)
    if (is_real(fields[f], habit.role))
      out[f] = Scaler(habit, of_role++, RealRows(parts, f)).scaling(random);
  return out;
}

std::vector<Scaling> scaling_to(const ColumnHabit& habit, const Dataset& data, RowNumbers rows,
                                RandomStream& random) {
  const DataRows part{&data, rows};
  return scaling_to(habit, std::span(&part, 1), random);
}

}  // namespace amalgam
