#include "obfuscate/row_habits.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <unordered_set>

namespace amalgam {
namespace {

using Kind = RowHabit::Kind;

// Float32 leaves less, and nobody's features have it by accident in so many rows.
constexpr double kExact = 1e-5, kExactMean = 1e-4, kNearDeviation = 1e-3;
constexpr std::uint64_t kLeastRows = 16, kRowsLookedAt = 4096;
// So many times the variance that rounding leaves is more than that, and so many deviations of what
// is found of it in a few rows.
constexpr double kSure = 1.7, kDeviations = 4;
// Of half of normal numbers the square is larger.
constexpr double kMedianSquare = 0.455;
// An epsilon that makes less of a difference can't be seen.
constexpr double kLeastMissing = 1e-6;
// Bytes are so many values, each of which comes again and again.
constexpr std::size_t kFewValues = 256, kRepeated = 4, kRowsOfValues = 512;
constexpr std::uint64_t kMostChannels = 4, kMostOfSequences = 64;
// What 2 x - 1 leaves in float32 around 0 are multiples of this.
constexpr float kGrid = 0x1p-24F, kAroundZero = 0.25F;
constexpr std::size_t kLeastOnGrid = 64;

bool scalable(const Field& field) {
  return field.role == Role::kFeature && field.tensor.dtype == DType::kFloat32 &&
         field.width() >= 2;
}

// Of images, and of sequences whose channels come first.
std::uint64_t channels_of(const Field& field) {
  const Shape shape = field.sample_shape();
  const bool image = shape.size() == 3 && shape[0] <= kMostChannels && shape[1] * shape[2] >= 2;
  const bool sequence = shape.size() == 2 && shape[0] <= kMostOfSequences && shape[0] < shape[1];
  return image || sequence ? shape[0] : 1;
}

template <typename Ask>
void each_part(const Field& field, RowNumbers rows, std::uint64_t parts, Ask ask) {
  const Bytes all = field.tensor.source->view();
  const std::uint64_t size = field.row_bytes() / parts;
  for (const std::uint64_t row : rows)
    for (std::uint64_t part = 0; part < parts; ++part)
      if (!ask(RowValues(all.subspan(row * field.row_bytes() + part * size, size)))) return;
}

RowNumbers some(RowNumbers rows, std::uint64_t most = kRowsLookedAt) {
  return rows.first(std::min<std::size_t>(rows.size(), most));
}

// A habit that rows may have.
struct Candidate {
  RowHabit habit;
  bool holds = true;
  std::vector<double> off;    // by row that says something, by how much what should be 1 is off
  std::vector<double> means;  // of these rows, of kStandard

  void look(const RowMeasures& row, RowValues values);
  bool is_sure() const { return holds && off.size() >= kLeastRows; }
  double median() const;
};

// Rows of zeros, and where a shift makes zeros of them, constant ones.
bool says_nothing(Kind kind, const RowMeasures& row) {
  const bool shifts = kind == Kind::kStandard || kind == Kind::kRange;
  return shifts ? row.least == row.most : row.absolutes == 0;
}

void Candidate::look(const RowMeasures& row, RowValues values) {
  if (says_nothing(habit.kind, row)) return;
  double found = 0, exact = kExact;
  if (habit.kind == Kind::kNorm) found = std::sqrt(row.squares);
  if (habit.kind == Kind::kSum) found = row.absolutes;
  if (habit.kind == Kind::kLargest) found = row.largest();
  if (habit.kind == Kind::kRange && std::abs(row.least - habit.least) <= kExact)
    found = (row.most - row.least) / (1 - habit.least);
  if (habit.kind == Kind::kStandard) {
    const double mean = row.sum / static_cast<double>(values.size());
    if (std::abs(mean) <= kExactMean) found = deviation_of(values, mean, habit.over_n_less_one);
    exact = kNearDeviation;
    means.push_back(mean);
  }
  off.push_back(found - 1);
  holds = std::abs(found - 1) <= exact;
}

double Candidate::median() const {
  std::vector<double> sorted = off;
  const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
  std::nth_element(sorted.begin(), middle, sorted.end());
  return *middle;
}

// The stricter first: of two that hold the first is what is meant.
std::vector<Candidate> candidates() {
  std::vector<Candidate> all;
  for (const Kind kind : {Kind::kNorm, Kind::kSum, Kind::kStandard, Kind::kStandard, Kind::kRange,
                          Kind::kRange, Kind::kLargest}) {
    RowHabit habit;
    habit.kind = kind;
    const bool again = !all.empty() && all.back().habit.kind == kind;
    habit.over_n_less_one = kind == Kind::kStandard && !again;
    habit.least = kind == Kind::kRange && again ? -1 : 0;
    all.push_back({habit, true, {}, {}});
  }
  return all;
}

// Of many values both divisors may be near; what an epsilon leaves is never too large.
bool is_nearer(const Candidate& one, const Candidate& other) {
  return one.median() <= kLeastMissing && std::abs(one.median()) < std::abs(other.median());
}

std::optional<Candidate> found_in(const Field& field, RowNumbers rows, std::uint64_t parts) {
  std::vector<Candidate> all = candidates();
  each_part(field, rows, parts, [&](RowValues values) {
    const RowMeasures measures = measures_of(values);
    bool any = false;
    for (Candidate& one : all) {
      if (one.holds) one.look(measures, values);
      any = any || one.holds;
    }
    return any;
  });
  std::erase_if(all, [](const Candidate& one) { return !one.is_sure(); });
  if (all.empty()) return std::nullopt;
  const bool both = all.size() > 1 && all[0].habit.kind == all[1].habit.kind;
  return both && !is_nearer(all[0], all[1]) ? all[1] : all[0];
}

bool only_categories(const Field& field, RowNumbers rows) {
  bool only = true;
  each_part(field, some(rows), 1, [&](RowValues values) {
    for (std::size_t i = 0; i < values.size() && only; ++i)
      only = values[i] == 0 || std::abs(values[i]) == 1;
    return only;
  });
  return only;
}

bool few_values(const Field& field, RowNumbers rows) {
  std::unordered_set<float> different;
  std::size_t count = 0;
  each_part(field, some(rows, kRowsOfValues), 1, [&](RowValues values) {
    for (std::size_t i = 0; i < values.size() && different.size() <= kFewValues; ++i)
      different.insert(values[i]);
    count += values.size();
    return different.size() <= kFewValues;
  });
  return different.size() <= kFewValues && count >= kRepeated * different.size();
}

bool is_category(float value) {
  return std::min(std::abs(value), std::abs(std::abs(value) - 1)) <= static_cast<float>(kExact);
}

// Columns of categories or of one value reach 1 in each row, too: numbers have to.
bool reached_by_numbers(const RowHabit& habit, const Field& field, RowNumbers rows,
                        std::uint64_t parts) {
  std::vector<char> number(field.width(), 0);
  each_part(field, some(rows, kRowsOfValues), 1, [&](RowValues values) {
    for (std::size_t i = 0; i < values.size(); ++i)
      if (!is_category(values[i])) number[i] = 1;
    return true;
  });
  const bool both_ends = habit.kind == Kind::kRange && habit.least < 0;
  std::uint64_t part = 0;
  bool all = true;
  each_part(field, some(rows), parts, [&](RowValues values) {
    double least = 0, most = 0;
    const std::size_t first = part++ % parts * values.size();
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (!number[first + i]) continue;
      least = std::min(least, static_cast<double>(values[i]));
      most = std::max(most, static_cast<double>(values[i]));
    }
    if (habit.kind == Kind::kLargest) most = std::max(-least, most);
    const RowMeasures row = measures_of(values);
    const bool says_nothing = row.least == row.most;
    all = says_nothing || (most >= 1 - kExact && (!both_ends || least <= kExact - 1));
    return all;
  });
  return all;
}

// How far rounding one number may move a row's norm, sum or mean. Equal numbers are rounded alike,
// and so are their doubles and halves: what that leaves adds up, and does not even out.
struct Rounding {
  float digits = 0;  // what equal ones, doubles and halves have in common
  double step = 0;
};

Rounding rounding_of(Kind kind, float value) {
  const float size = std::abs(value);
  double step = static_cast<double>(std::nextafter(size, INFINITY)) - size;
  if (kind == Kind::kNorm) step *= size;
  if (kind == Kind::kStandard && value < 0) step = -step;
  int exponent = 0;
  return {std::frexp(size, &exponent), step};
}

// The variance of what rounding values to float32 leaves of a row's norm, sum or mean.
double variance_of_rounding(Kind kind, RowValues values) {
  std::vector<Rounding> all;
  for (std::size_t i = 0; i < values.size(); ++i)
    if (values[i] != 0) all.push_back(rounding_of(kind, values[i]));
  std::ranges::sort(all, {}, &Rounding::digits);
  double variance = 0, together = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    together += all[i].step;
    if (i + 1 < all.size() && all[i + 1].digits == all[i].digits) continue;
    variance += together * together / 12;
    together = 0;
  }
  const auto count = static_cast<double>(values.size());
  return kind == Kind::kStandard ? variance / count / count : variance;
}

// What is left of a row, and the variance of what rounding it leaves.
struct Left {
  double off = 0, rounding = 0;
};

// Of values on a grid rounding leaves much in some rows, therefore in most rows it must be more.
bool more_than_rounding(const std::vector<Left>& rows) {
  const double few = 1 + kDeviations * std::sqrt(2 / static_cast<double>(rows.size()));
  const double sure = std::max(kSure, few);
  double left = 0, rounding = 0;
  std::size_t more = 0;
  for (const Left& row : rows) {
    const double square = row.off * row.off;
    left += square;
    rounding += row.rounding;
    if (square > kMedianSquare * sure * row.rounding) ++more;
  }
  return rows.size() >= kLeastRows && left > sure * rounding && 2 * more > rows.size();
}

bool off_by_more_than_rounding(const Candidate& found, const Field& field, RowNumbers rows,
                               std::uint64_t parts) {
  const Kind kind = found.habit.kind;
  std::vector<Left> divided, means;
  std::size_t at = 0;
  each_part(field, some(rows, kRowsOfValues), parts, [&](RowValues values) {
    if (says_nothing(kind, measures_of(values))) return true;
    const double off = found.off[at];
    if (kind == Kind::kStandard) {
      means.push_back({found.means[at], variance_of_rounding(kind, values)});
      const auto count = static_cast<double>(values.size());
      // An epsilon only ever makes it less.
      if (off > 0)
        divided.push_back({off, variance_of_rounding(Kind::kNorm, values) / count / count});
    } else {
      divided.push_back({off, variance_of_rounding(kind, values)});
    }
    return ++at < found.off.size();
  });
  return more_than_rounding(means) || more_than_rounding(divided);
}

bool on_float32_grid(const Field& field, RowNumbers rows) {
  std::size_t count = 0;
  bool on_grid = true;
  each_part(field, some(rows), 1, [&](RowValues values) {
    for (std::size_t i = 0; i < values.size() && on_grid; ++i) {
      const float value = values[i];
      if (value == 0 || std::abs(value) >= kAroundZero) continue;
      ++count;
      on_grid = value / kGrid == std::floor(value / kGrid);
    }
    return on_grid;
  });
  return on_grid && count >= kLeastOnGrid;
}

// What dividing and subtracting in float32 leaves; of extremes alone it leaves nothing.
bool rounded(const Candidate& found, const Field& field, RowNumbers rows, std::uint64_t parts) {
  const RowHabit& habit = found.habit;
  if (habit.kind == Kind::kRange) return habit.least < 0 && on_float32_grid(field, rows);
  return habit.kind != Kind::kLargest && off_by_more_than_rounding(found, field, rows, parts);
}

// The epsilon that makes as much of a difference in most of these rows.
double epsilon_for(const RowHabit& habit, const Field& field, RowNumbers rows,
                   std::uint64_t parts) {
  if (habit.missing == 0) return 0;
  std::vector<double> divisors;
  each_part(field, some(rows), parts, [&](RowValues values) {
    const double divisor = divisor_of(habit, values);
    if (divisor > 0) divisors.push_back(divisor);
    return true;
  });
  if (divisors.empty()) return 0;
  const auto middle = divisors.begin() + static_cast<std::ptrdiff_t>(divisors.size() / 2);
  std::nth_element(divisors.begin(), middle, divisors.end());
  return habit.missing * *middle;
}

bool any_scaled(const RowHabit& habit, const Field& field, RowNumbers rows, std::uint64_t parts) {
  bool any = false;
  each_part(field, rows, parts, [&](RowValues values) {
    any = divisor_of(habit, values) > 0;
    return !any;
  });
  return any;
}

}  // namespace

RowHabit row_habit(const Field& field, RowNumbers rows) {
  if (!scalable(field) || rows.size() < kLeastRows) return {};
  const std::uint64_t channels = channels_of(field);
  std::uint64_t parts = channels;
  // Where each channel has it, all values often have it together.
  std::optional<Candidate> found = found_in(field, rows, channels);
  if (!found && channels > 1) found = found_in(field, rows, parts = 1);
  if (!found || only_categories(field, rows)) return {};
  RowHabit habit = found->habit;
  const bool extremes = habit.kind == Kind::kRange || habit.kind == Kind::kLargest;
  if (extremes && (few_values(field, rows) || !reached_by_numbers(habit, field, rows, parts)))
    return {};
  habit.by_channel = parts > 1;
  habit.rounded = rounded(*found, field, rows, parts);
  const double missing = -found->median();
  habit.missing = missing > kLeastMissing ? missing : 0;
  return habit;
}

std::vector<RowHabit> row_habits(const Dataset& data, RowNumbers rows) {
  std::vector<RowHabit> habits;
  for (const Field& field : data.fields) habits.push_back(row_habit(field, rows));
  return habits;
}

bool same_scaler(const RowHabit& a, const RowHabit& b) {
  constexpr double kSameOrder = 2;
  return a.kind == b.kind && a.by_channel == b.by_channel && a.rounded == b.rounded &&
         a.over_n_less_one == b.over_n_less_one && a.least == b.least &&
         a.missing <= kSameOrder * b.missing && b.missing <= kSameOrder * a.missing;
}

std::vector<RowScaling> row_scaling_to(const std::vector<RowHabit>& habits, const Dataset& data,
                                       RowNumbers rows) {
  std::vector<RowScaling> scaling(data.fields.size());
  for (std::size_t f = 0; f < std::min(habits.size(), scaling.size()); ++f) {
    const Field& field = data.fields[f];
    if (!habits[f].is_any() || !scalable(field)) continue;
    RowHabit habit = habits[f];
    const std::uint64_t parts = habit.by_channel ? channels_of(field) : 1;
    habit.by_channel = parts > 1;
    if (!any_scaled(habit, field, rows, parts)) continue;
    if (same_scaler(row_habit(field, rows), habit)) continue;
    scaling[f] = {habit, parts, epsilon_for(habit, field, rows, parts)};
  }
  return scaling;
}

}  // namespace amalgam
