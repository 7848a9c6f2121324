#include "obfuscate/habits.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <unordered_set>

#include "base/bytes.h"
#include "base/hash.h"
#include "base/parallel.h"
#include "base/sums.h"
#include "formats/class_counts.h"

namespace amalgam {
namespace {

constexpr std::uint64_t kRowsAtOnce = 4096;
// What rounding to float32 leaves of a mean of 0, in deviations, and of a deviation of 1.
constexpr double kExactMean = 1e-6, kExactDeviation = 1e-5;

// Of numbers that were scaled together.
struct Group {
  double count = 0, mean = 0, squares = 0;  // squares about the mean
  double least = INFINITY, most = -INFINITY;

  bool constant() const { return least == most; }
  double deviation(bool over_n_less_one) const {
    return std::sqrt(squares / std::max(1.0, over_n_less_one ? count - 1 : count));
  }
};

// `count` groups of neighbouring columns.
std::vector<Group> groups_of(const ColumnSums& columns, std::size_t count) {
  const std::size_t each = columns.width() / count;
  std::vector<Group> out(count);
  for (std::size_t g = 0; g < count; ++g) {
    Group& group = out[g];
    double total = 0;
    for (std::size_t c = g * each; c < (g + 1) * each; ++c) {
      const Sums column = columns.of(c);
      total += column.total();
      group.least = std::min(group.least, column.least);
      group.most = std::max(group.most, column.most);
    }
    group.count = static_cast<double>(columns.rows()) * static_cast<double>(each);
    group.mean = total / group.count;
    for (std::size_t c = g * each; c < (g + 1) * each; ++c)
      group.squares += columns.of(c).squares_about(group.mean);
    group.squares = std::max(0.0, group.squares);
  }
  return out;
}

bool is_real(const Field& field) {
  return field.role == Role::kFeature && field.tensor.dtype == DType::kFloat32;
}

// About the first row. The same for any number of threads.
ColumnSums columns_of(const Field& field, RowNumbers rows) {
  const auto values = view_as<float>(field.tensor.source->view());
  const std::size_t width = field.width();
  const auto row = [&](std::uint64_t number) { return values.subspan(number * width, width); };
  const std::uint64_t blocks = (rows.size() + kRowsAtOnce - 1) / kRowsAtOnce;
  const auto first_row = row(rows.front());
  std::vector<ColumnSums> parts(blocks, ColumnSums({first_row.begin(), first_row.end()}));
  parallel_blocks(0, blocks, [&](std::uint64_t b) {
    const std::uint64_t first = b * kRowsAtOnce;
    for (const std::uint64_t number :
         rows.subspan(first, std::min<std::uint64_t>(kRowsAtOnce, rows.size() - first)))
      parts[b].add(row(number));
  });
  for (std::uint64_t b = 1; b < blocks; ++b) parts[0].join(parts[b]);
  return std::move(parts[0]);
}

// How many groups a field has; 0 where it has none of the kind.
std::size_t groups_over(ColumnHabit::Over over, const Field& field) {
  const Shape shape = field.sample_shape();
  if (over == ColumnHabit::Over::kColumn) return field.width();
  if (over == ColumnHabit::Over::kChannel) return shape.size() == 3 ? shape.front() : 0;
  return 1;
}

bool has(const ColumnHabit& habit, const std::vector<Group>& groups) {
  bool any = false;
  for (const Group& group : groups) {
    if (group.constant()) continue;
    any = true;
    if (habit.kind == ColumnHabit::Kind::kUnitRange) {
      if (group.least != 0 || group.most != 1) return false;
      continue;
    }
    const double deviation = group.deviation(habit.over_n_less_one);
    if (std::abs(group.mean) >= kExactMean * deviation ||
        std::abs(deviation - 1) >= kExactDeviation)
      return false;
  }
  return any;
}

}  // namespace

std::optional<bool> balanced(const Dataset& data, RowNumbers rows) {
  const Field* labels = class_labels(data);
  if (!labels) return std::nullopt;
  const auto values = view_as<std::int64_t>(labels->tensor.source->view());
  std::map<std::int64_t, std::uint64_t> counts;
  for (const std::uint64_t row : rows) ++counts[values[row]];
  if (counts.size() < 2) return std::nullopt;
  const auto less = [](const auto& a, const auto& b) { return a.second < b.second; };
  const auto [least, most] = std::minmax_element(counts.begin(), counts.end(), less);
  return most->second - least->second <= 1;
}

const std::vector<std::uint64_t>& RowKeys::of(const Dataset& data) {
  const auto [found, is_new] = known_.try_emplace(&data);
  std::vector<std::uint64_t>& keys = found->second;
  if (!is_new) return keys;
  keys.resize(data.rows());
  parallel_blocks(0, (keys.size() + kRowsAtOnce - 1) / kRowsAtOnce, [&](std::uint64_t block) {
    const std::uint64_t first = block * kRowsAtOnce;
    const std::uint64_t last = std::min<std::uint64_t>(keys.size(), first + kRowsAtOnce);
    for (std::uint64_t row = first; row < last; ++row) {
      Blake2b hash;
      for (const Field& field : data.features())
        hash.update(
            field.tensor.source->view().subspan(row * field.row_bytes(), field.row_bytes()));
      keys[row] = load_le<std::uint64_t>(hash.finish());
    }
  });
  return keys;
}

std::uint64_t repeats(const std::vector<std::uint64_t>& keys, RowNumbers rows) {
  std::unordered_set<std::uint64_t> seen;
  for (const std::uint64_t row : rows) seen.insert(keys[row]);
  return rows.size() - seen.size();
}

std::string ColumnHabit::text() const {
  const char* in = over == Over::kColumn    ? "in each column"
                   : over == Over::kChannel ? "in each channel"
                                            : "over all values";
  return fmt::format("{} {}",
                     kind == Kind::kStandard ? "a mean of exactly 0 and a deviation of 1"
                                             : "a least value of exactly 0 and a largest of 1",
                     in);
}

std::optional<ColumnHabit> column_habit(const Dataset& data, RowNumbers rows) {
  using Kind = ColumnHabit::Kind;
  using Over = ColumnHabit::Over;
  std::vector<std::pair<const Field*, ColumnSums>> fields;
  for (const Field& field : data.features())
    if (is_real(field)) fields.emplace_back(&field, columns_of(field, rows));
  if (fields.empty()) return std::nullopt;
  for (const Over over : {Over::kColumn, Over::kChannel, Over::kAll})
    for (const ColumnHabit habit :
         {ColumnHabit{Kind::kStandard, over, false}, ColumnHabit{Kind::kStandard, over, true},
          ColumnHabit{Kind::kUnitRange, over, false}})
      if (std::all_of(fields.begin(), fields.end(), [&](const auto& field) {
            const std::size_t count = groups_over(over, *field.first);
            return count > 0 && has(habit, groups_of(field.second, count));
          }))
        return habit;
  return std::nullopt;
}

std::vector<Scaling> scaling_to(const ColumnHabit& habit, const Dataset& data, RowNumbers rows) {
  std::vector<Scaling> out(data.fields.size());
  for (std::size_t f = 0; f < data.feature_count(); ++f) {
    const Field& field = data.fields[f];
    if (!is_real(field)) continue;
    const std::size_t count = std::max<std::size_t>(1, groups_over(habit.over, field));
    Scaling scaling;
    for (const Group& group : groups_of(columns_of(field, rows), count)) {
      const bool range = habit.kind == ColumnHabit::Kind::kUnitRange;
      const double divisor =
          range ? group.most - group.least : group.deviation(habit.over_n_less_one);
      scaling.shift.push_back(range || group.constant() ? group.least : group.mean);
      scaling.divisor.push_back(group.constant() || divisor == 0 ? 1 : divisor);
    }
    out[f] = std::move(scaling);
  }
  return out;
}

}  // namespace amalgam
