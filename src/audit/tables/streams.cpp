// Statistics of streams: what scalers, normalisations and other habits of their owners make exact.
#include <fmt/format.h>

#include <Eigen/Dense>
#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

#include "audit/numbers.h"
#include "audit/stream_habits.h"
#include "audit/tables/stream_columns.h"
#include "audit/tables/stream_order.h"

namespace amalgam {
namespace {

// Sums of float32 values are off by no more than this part of their deviation.
constexpr double kRounding = 1e-6;
// Of values that lie anywhere, that all of them agree: with so many of them, never.
constexpr std::size_t kLeastValues = 8;
constexpr double kNever = 1e-12;
// Where nearly all agree, it may be the data's own: neither round nor the contrary.
constexpr double kNearlyAll = 0.9;
// Columns of more values than this are not read whole, and correlations are of so many columns.
constexpr std::uint64_t kMostValues = std::uint64_t{1} << 22;
constexpr std::size_t kMostCorrelated = 64;
// Columns of a target that are looked at one by one.
constexpr std::size_t kMostTargetColumns = 16;
// Bits of a float32's mantissa, and so many fewer of them tell bfloat16, float16 and TF32 from it.
constexpr int kMantissa = 23, kHalved = 10;
// More digits than these are no habit.
constexpr int kMostDecimals = 3;

using Values = std::vector<double>;
using Matrix = Eigen::MatrixXd;  // [rows, columns]

double mean_of(const Values& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

// Whether all are the same up to rounding.
std::optional<Measured> all_equal(const Values& values, const char* round) {
  if (values.size() < kLeastValues) return std::nullopt;
  Values sorted = values;
  std::sort(sorted.begin(), sorted.end());
  const double middle = sorted[sorted.size() / 2], grain = 4 * kRounding * std::abs(middle);
  const auto alike = std::count_if(sorted.begin(), sorted.end(),
                                   [&](double v) { return std::abs(v - middle) <= grain; });
  const auto count = static_cast<std::ptrdiff_t>(values.size());
  if (alike<count&& static_cast<double>(alike)> kNearlyAll * static_cast<double>(count))
    return std::nullopt;
  return measured_fact(mean_of(values), alike == count, round, kNever);
}

// Whether all are 0 in comparison with these, up to rounding.
std::optional<Measured> all_zero(const Values& values, const Values& scales) {
  if (values.size() < kLeastValues) return std::nullopt;
  double farthest = 0;
  for (std::size_t i = 0; i < values.size(); ++i)
    farthest = std::max(farthest, std::abs(values[i]) / std::max(1e-30, scales[i]));
  return measured_fact(farthest, farthest <= kRounding, "0", kNever);
}

// The float32 features' columns that have more than two values.
std::vector<ColumnFacts> graded_columns(const StreamFacts& facts) {
  std::vector<ColumnFacts> columns;
  for (const FieldFacts& field : facts.features)
    for (const ColumnFacts& column : field.columns)
      if (field.dtype == DType::kFloat32 && column.graded()) columns.push_back(column);
  return columns;
}

// All rows of a float32 field that is narrow; empty where it is none.
Matrix rows_of(const JobView& job, const ViewedColumns& field) {
  const std::uint64_t rows = job.rows(false), width = field.positions.size();
  if (field.group.dtype != DType::kFloat32 || rows * width > kMostValues) return {};
  Matrix all(rows, width);
  std::vector<std::byte> bytes(width * sizeof(float));
  Values row(width);
  for (std::uint64_t r = 0; r < rows; ++r) {
    job.gather(field, false, r, bytes);
    load_numbers(field.group.dtype, bytes, row);
    all.row(static_cast<Eigen::Index>(r)) =
        Eigen::Map<const Eigen::RowVectorXd>(row.data(), static_cast<Eigen::Index>(width));
  }
  return all;
}

// The same of a main feature that is a vector.
Matrix narrow_rows(const JobView& job, std::size_t subnetwork) {
  const ViewedColumns& field = job.subnetworks()[subnetwork].main_feature();
  if (sample_kind(field.group.dtype, field.shape) != SampleKind::kVector) return {};
  return rows_of(job, field);
}

// Of the target of this place among those that are real numbers.
Matrix target_rows(const JobView& job, std::size_t subnetwork, std::size_t place) {
  std::size_t seen = 0;
  for (const ViewedColumns& field : job.subnetworks()[subnetwork].targets)
    if (field.group.dtype == DType::kFloat32 && seen++ == place) return rows_of(job, field);
  return {};
}

double median_of(Eigen::VectorXd column) {
  const Eigen::Index half = column.size() / 2;
  std::nth_element(column.data(), column.data() + half, column.data() + column.size());
  const double upper = column[half];
  if (column.size() % 2 == 1) return upper;
  return (upper + *std::max_element(column.data(), column.data() + half)) / 2;
}

// The largest of two different columns; nothing for fewer than three that vary.
std::optional<Measured> largest_correlation(const Matrix& rows) {
  Matrix z = rows.leftCols(std::min<Eigen::Index>(rows.cols(), kMostCorrelated));
  z.rowwise() -= z.colwise().mean().eval();
  std::vector<Eigen::Index> varied;
  for (Eigen::Index i = 0; i < z.cols(); ++i)
    if (const double norm = z.col(i).norm(); norm > 1e-9) z.col(i) /= norm, varied.push_back(i);
  if (varied.size() < 3) return std::nullopt;
  const Matrix products = z(Eigen::all, varied).transpose() * z(Eigen::all, varied);
  double largest = 0;
  for (Eigen::Index i = 0; i < products.rows(); ++i)
    for (Eigen::Index j = 0; j < i; ++j) largest = std::max(largest, std::abs(products(i, j)));
  return measured(largest, 10 * kRounding, 1, kRoundZero);
}

// Digits behind the point that all values have at most; nothing where a value is too large for
// float32 to have any.
std::optional<Measured> decimals(const Matrix& rows) {
  for (int digits = 0; digits <= kMostDecimals; ++digits) {
    const double scale = std::pow(10.0, digits);
    const bool all = (rows.array() * scale - (rows.array() * scale).round())
                         .abs()
                         .cwiseQuotient(rows.array().abs().max(1.0) * scale)
                         .maxCoeff() <= kRounding;
    if (all) return measured_fact(digits, true, std::to_string(digits), kNever);
  }
  return measured_fact(kMostDecimals + 1, false, "", 1);
}

// By sub-network, what is asked of it.
template <typename Ask>
void add(const std::string& name, std::size_t streams, StatisticTable& table, Ask ask) {
  Statistic statistic{name, {}};
  for (std::size_t s = 0; s < streams; ++s) statistic.measured.push_back(ask(s));
  table.push_back(std::move(statistic));
}

// Of the columns of all streams, out of what is known of all rows.
void add_columns(const FailureInput& input, StatisticTable& table) {
  std::vector<std::vector<ColumnFacts>> all;
  for (const StreamFacts& facts : input.facts) all.push_back(graded_columns(facts));
  const auto of_columns = [&](const char* name, auto number, const char* round) {
    add(name, all.size(), table, [&](std::size_t s) {
      Values values;
      for (const ColumnFacts& column : all[s]) values.push_back(number(column));
      return all_equal(values, round);
    });
  };
  of_columns(
      "the deviation of columns", [](const ColumnFacts& c) { return std::sqrt(c.variance); },
      "equal in all columns");
  of_columns(
      "the largest absolute value of columns",
      [](const ColumnFacts& c) { return std::max(std::abs(c.least), std::abs(c.most)); },
      "equal in all columns");
  of_columns(
      "the range of columns", [](const ColumnFacts& c) { return c.most - c.least; },
      "equal in all columns");
  of_columns(
      "the mean of columns", [](const ColumnFacts& c) { return c.mean; }, "equal in all columns");
  add("the mean of all values", all.size(), table, [&](std::size_t s) -> std::optional<Measured> {
    if (all[s].empty()) return std::nullopt;
    double mean = 0, square = 0;
    for (const ColumnFacts& c : all[s]) mean += c.mean, square += c.variance + c.mean * c.mean;
    const auto count = static_cast<double>(all[s].size());
    const double deviation = std::sqrt(std::max(1e-30, square / count));
    return measured(mean / count, kRounding * deviation, deviation, kRoundZero);
  });
}

// Of one column of a target that is real numbers, by place; `which` says where several are.
void add_target(const FailureInput& input, std::size_t target, std::size_t column,
                const std::string& which, StatisticTable& table) {
  const auto of_targets = [&](const char* name, auto ask) {
    add(name + which, input.facts.size(), table, [&](std::size_t s) -> std::optional<Measured> {
      const auto& targets = input.facts[s].targets;
      if (target >= targets.size() || column >= targets[target].columns.size() ||
          !targets[target].columns[column].graded())
        return std::nullopt;
      return ask(targets[target].columns[column]);
    });
  };
  of_targets("the mean of targets", [](const ColumnFacts& c) {
    const double deviation = std::sqrt(c.variance);
    return measured(c.mean, kRounding * deviation, deviation, kRoundZero);
  });
  of_targets("the deviation of targets", [](const ColumnFacts& c) {
    return measured(std::sqrt(c.variance), 2 * kRounding, 1, kRoundOne);
  });
  of_targets("the range of targets", [](const ColumnFacts& c) {
    return measured(c.most - c.least, kRounding, 1, kRoundOne);
  });
}

// All that are real numbers, as far as columns go that are looked at.
void add_targets(const FailureInput& input, StatisticTable& table) {
  std::size_t most = 0;
  for (const StreamFacts& facts : input.facts) most = std::max(most, facts.targets.size());
  for (std::size_t t = 0; t < most; ++t) {
    std::size_t columns = 0;
    for (const StreamFacts& facts : input.facts)
      if (t < facts.targets.size()) columns = std::max(columns, facts.targets[t].columns.size());
    for (std::size_t c = 0; c < std::min(columns, kMostTargetColumns); ++c)
      add_target(input, t, c,
                 t + c == 0 ? "" : fmt::format(" (target {}, column {})", t + 1, c + 1), table);
    add(t == 0 ? "the number of decimals of targets"
               : fmt::format("the number of decimals of target {}", t + 1),
        input.facts.size(), table, [&](std::size_t s) -> std::optional<Measured> {
          const Matrix rows = target_rows(input.job, s, t);
          return rows.size() == 0 ? std::nullopt : decimals(rows);
        });
  }
}

// Of rows of numbers that are no picture and no text.
void add_rows(const std::vector<Matrix>& all, StatisticTable& table) {
  const auto of_rows = [&](const char* name, auto number) {
    add(name, all.size(), table, [&](std::size_t s) -> std::optional<Measured> {
      if (all[s].cols() < 2) return std::nullopt;
      const Eigen::VectorXd values = number(all[s]);
      return all_equal({values.data(), values.data() + values.size()}, "equal in all rows");
    });
  };
  of_rows("the norm of rows", [](const Matrix& rows) { return rows.rowwise().norm().eval(); });
  of_rows("the sum of absolute values of rows",
          [](const Matrix& rows) { return rows.cwiseAbs().rowwise().sum().eval(); });
  of_rows("the largest value of rows",
          [](const Matrix& rows) { return rows.rowwise().maxCoeff().eval(); });
  add("the sum of rows", all.size(), table, [&](std::size_t s) -> std::optional<Measured> {
    if (all[s].cols() < 2) return std::nullopt;
    const Eigen::VectorXd sums = all[s].rowwise().sum(), norms = all[s].rowwise().norm();
    return all_zero({sums.data(), sums.data() + sums.size()},
                    {norms.data(), norms.data() + norms.size()});
  });
  add("the median of columns", all.size(), table, [&](std::size_t s) {
    Values medians, deviations;
    for (Eigen::Index i = 0; i < all[s].cols(); ++i) {
      medians.push_back(median_of(all[s].col(i)));
      deviations.push_back((all[s].col(i).array() - all[s].col(i).mean()).matrix().norm() /
                           std::sqrt(static_cast<double>(all[s].rows())));
    }
    return all_zero(medians, deviations);
  });
  add("the largest correlation of two columns", all.size(), table,
      [&](std::size_t s) { return largest_correlation(all[s]); });
  add("the number of decimals", all.size(), table,
      [&](std::size_t s) { return all[s].size() == 0 ? std::nullopt : decimals(all[s]); });
}

// The largest difference between the channels of an image, in comparison with their values.
std::optional<Measured> channel_difference(const StreamSample& sample) {
  const Planes& planes = sample.planes;
  if (sample.kind != SampleKind::kImage || planes.channels < 2) return std::nullopt;
  double largest = 0, most = 0;
  for (std::uint64_t r = 0; r < sample.rows; ++r) {
    const auto row = sample.row(r);
    for (std::uint64_t i = planes.area(); i < row.size(); ++i) {
      const auto here = static_cast<double>(row[i]);
      largest = std::max(largest, std::abs(here - static_cast<double>(row[i % planes.area()])));
      most = std::max(most, std::abs(here));
    }
  }
  if (most == 0) return std::nullopt;
  return measured_fact(largest / most, largest == 0, "0", kNever);
}

// Of features that are whole numbers.
std::optional<Measured> common_divisor(const StreamSample& sample) {
  if (is_floating(sample.dtype)) return std::nullopt;
  std::int64_t divisor = 0;
  for (const float value : sample.values)
    divisor = std::gcd(divisor, static_cast<std::int64_t>(value));
  if (divisor == 0) return std::nullopt;
  // Each of many numbers is even by accident half the time.
  const bool many = sample.values.size() >= 64;
  return measured_fact(static_cast<double>(divisor), divisor > 1, std::to_string(divisor),
                       many ? kNever : 1);
}

// Of real numbers, the last bits that none of them has: what half precision leaves.
std::optional<Measured> unused_bits(const StreamSample& sample) {
  if (sample.dtype != DType::kFloat32 || sample.values.size() < 64) return std::nullopt;
  std::uint32_t used = 0;
  for (const float value : sample.values) used |= std::bit_cast<std::uint32_t>(value);
  const int bits = std::min(std::countr_zero(used), kMantissa);
  return measured_fact(bits, bits >= kHalved, std::to_string(bits), kNever);
}

// What stands in order, or never twice.
void add_order(const FailureInput& input, const std::vector<Matrix>& rows, StatisticTable& table) {
  add("the number of columns that number the rows", rows.size(), table, [&](std::size_t s) {
    return input.samples[s].kind == SampleKind::kText
               ? numbered_places(input.samples[s])
               : numbered_columns(rows[s], input.facts[s].rows);
  });
  add("the share of rows whose values ascend", rows.size(), table,
      [&](std::size_t s) { return ascending_rows(rows[s]); });
  add("the share of texts in which a token comes again", rows.size(), table,
      [&](std::size_t s) { return texts_with_repeats(input.samples[s]); });
}

}  // namespace

void add_stream_statistics(const FailureInput& input, StatisticTable& table) {
  std::vector<Matrix> rows;
  for (std::size_t s = 0; s < input.facts.size(); ++s) rows.push_back(narrow_rows(input.job, s));
  add_columns(input, table);
  add_targets(input, table);
  add_rows(rows, table);
  add("the largest difference of channels", rows.size(), table,
      [&](std::size_t s) { return channel_difference(input.samples[s]); });
  add("the number of columns that are another's copy", rows.size(), table,
      [&](std::size_t s) { return copied_columns(input.samples[s]); });
  add("the greatest common divisor of all numbers", rows.size(), table,
      [&](std::size_t s) { return common_divisor(input.samples[s]); });
  add_order(input, rows, table);
  add("the number of last bits that no value has", rows.size(), table,
      [&](std::size_t s) { return unused_bits(input.samples[s]); });
}

}  // namespace amalgam
