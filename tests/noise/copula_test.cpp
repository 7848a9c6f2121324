// Tables that a gaussian copula imitates: the values, the shares and the correlations of ranks are
// those of the table's classes.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "noise/generator.h"
#include "noise/grid.h"
#include "seeds.h"

namespace amalgam {
namespace {

using Values = std::vector<double>;
using DrawRow = std::function<Values(RandomStream&, std::int64_t label)>;

struct Widths {
  std::uint64_t x = 0, more = 0, target = 0;  // 0: no such field
};

// Rows of two classes in turn; values in the order x, more, target.
std::shared_ptr<const Dataset> table(const Widths& widths, std::uint64_t rows, const char* name,
                                     const DrawRow& draw) {
  const Secret seed = seed_of(0x41);
  RandomStream random(seed, name);
  std::vector<std::byte> parts[3], labels;
  for (std::uint64_t row = 0; row < rows; ++row) {
    const auto label = static_cast<std::int64_t>(row % 2);
    append_le<std::int64_t>(labels, label);
    const Values values = draw(random, label);
    std::size_t at = 0, part = 0;
    for (const std::uint64_t width : {widths.x, widths.more, widths.target}) {
      for (std::uint64_t i = 0; i < width; ++i)
        append_le(parts[part], static_cast<float>(values[at++]));
      ++part;
    }
  }
  auto data = std::make_shared<Dataset>();
  data->where = name;
  const auto add = [&](const char* field, std::size_t part, std::uint64_t width, Role role) {
    data->add({field, {DType::kFloat32, {rows, width}, memory_source(parts[part])}, role});
  };
  add("x", 0, widths.x, Role::kFeature);
  if (widths.more > 0) add("more", 1, widths.more, Role::kFeature);
  if (widths.target > 0)
    add("t", 2, widths.target, Role::kTarget);
  else
    data->add({"y", {DType::kInt64, {rows}, memory_source(labels)}, Role::kTarget});
  return data;
}

NoiseKind like(const std::shared_ptr<const Dataset>& rows) {
  NoiseKind kind;
  kind.name = "copula";
  kind.table = rows;
  return kind;
}

// Generated rows as numbers: by class, [rows, all values].
struct Made {
  std::vector<Values> rows[2];

  double mean(int label, std::size_t a, const std::function<double(double)>& of) const {
    double sum = 0;
    for (const Values& row : rows[label]) sum += of(row[a]);
    return sum / static_cast<double>(rows[label].size());
  }
  double correlation(int label, std::size_t a, std::size_t b) const {
    const auto same = [](double value) { return value; };
    const double of_a = mean(label, a, same), of_b = mean(label, b, same);
    double ab = 0, aa = 0, bb = 0;
    for (const Values& row : rows[label]) {
      ab += (row[a] - of_a) * (row[b] - of_b);
      aa += (row[a] - of_a) * (row[a] - of_a);
      bb += (row[b] - of_b) * (row[b] - of_b);
    }
    return ab / std::sqrt(aa * bb);
  }
};

Made read(const Dataset& data, const RowSource& source) {
  Made made;
  const bool classes = data.targets()[0].tensor.dtype == DType::kInt64;
  for (std::uint64_t row = 0; row < source.rows(); ++row) {
    Values values;
    std::size_t label = 0;
    for (std::size_t f = 0; f < data.fields.size(); ++f) {
      std::vector<std::byte> scratch(data.fields[f].row_bytes());
      const Bytes bytes = source.read(f, row, scratch);
      if (classes && f + 1 == data.fields.size())
        label = static_cast<std::size_t>(load_le<std::int64_t>(bytes));
      else
        for (std::size_t i = 0; i < data.fields[f].width(); ++i)
          values.push_back(load_number(DType::kFloat32, bytes, i));
    }
    made.rows[label].push_back(values);
  }
  return made;
}

Made made_like(const std::shared_ptr<const Dataset>& rows,
               const std::shared_ptr<const Dataset>& data, std::uint64_t count = 8000) {
  const Secret seed = seed_of(0x42);
  return read(*data, *generated_rows(data, make_generator(like(rows), data, {}), seed, "n", count));
}

Made as_it_is(const std::shared_ptr<const Dataset>& rows) {
  return read(*rows, *dataset_rows(*rows));
}

// A log-normal, a rounded one, one of two values, and a copy of the first.
Values mixed(RandomStream& random, std::int64_t label) {
  const double sign = label == 0 ? 1 : -1;
  const double a = random.normal(), b = 0.8 * sign * a + 0.6 * random.normal();
  const double c = 0.7 * a + std::sqrt(0.51) * random.normal();
  return {std::exp(a), std::round(10 * b) / 10 + 3 * sign, c > 0.5 ? 1.0 : 0.0, std::exp(a), 5.0};
}

TEST(Copula, HasTheClassesSharesAndCorrelations) {
  const auto rows = table({5}, 4000, "table", mixed), data = table({5}, 1000, "data", mixed);
  const Made real = as_it_is(rows), made = made_like(rows, data);
  for (const int label : {0, 1}) {
    EXPECT_EQ(made.rows[label].size(), 4000u);
    for (const double bound : {0.3, 1.0, 3.0})
      EXPECT_NEAR(made.mean(label, 0, [&](double v) { return v < bound ? 1 : 0; }),
                  real.mean(label, 0, [&](double v) { return v < bound ? 1 : 0; }), 0.03);
    for (const auto& [a, b] : {std::pair{0, 1}, {0, 2}, {1, 2}})
      EXPECT_NEAR(made.correlation(label, static_cast<std::size_t>(a), static_cast<std::size_t>(b)),
                  real.correlation(label, static_cast<std::size_t>(a), static_cast<std::size_t>(b)),
                  0.08)
          << label << " " << a << " " << b;
    for (const Values& row : made.rows[label]) {
      EXPECT_EQ(row[0], row[3]);
      EXPECT_EQ(row[4], 5);
      EXPECT_EQ(row[1], static_cast<double>(static_cast<float>(std::round(row[1] * 10) / 10)));
    }
  }
  EXPECT_GT(made.correlation(0, 0, 1), 0.4);
  EXPECT_LT(made.correlation(1, 0, 1), -0.4);
}

// Ties hide correlation; what is drawn has as much as the table.
TEST(Copula, ColumnsOfTwoValuesKeepTheirCorrelation) {
  const DrawRow draw = [](RandomStream& random, std::int64_t) -> Values {
    const double a = random.normal(), b = 0.8 * a + 0.6 * random.normal();
    return {a > 0 ? 1.0 : 0.0, b > 1 ? 1.0 : 0.0, b};
  };
  const auto rows = table({3}, 4000, "table", draw);
  const Made real = as_it_is(rows), made = made_like(rows, rows);
  EXPECT_NEAR(made.correlation(0, 0, 1), real.correlation(0, 0, 1), 0.05);
  EXPECT_NEAR(made.correlation(0, 0, 2), real.correlation(0, 0, 2), 0.05);
}

TEST(Copula, FieldsOfARowBelongTogether) {
  const DrawRow draw = [](RandomStream& random, std::int64_t) -> Values {
    const double a = random.normal();
    return {random.normal(), a, 0.9 * a + std::sqrt(0.19) * random.normal()};
  };
  const auto rows = table({2, 1}, 2000, "table", draw);
  EXPECT_NEAR(made_like(rows, rows).correlation(0, 1, 2), 0.9, 0.04);
}

TEST(Copula, RowsAreDrawnBesideRealTargets) {
  const DrawRow draw = [](RandomStream& random, std::int64_t) -> Values {
    const double a = random.normal();
    return {-0.8 * a + 0.6 * random.normal(), std::exp(a)};
  };
  const auto rows = table({1, 0, 1}, 2000, "table", draw);
  const auto data = table({1, 0, 1}, 3000, "data", draw);
  const Made real = as_it_is(data), made = made_like(rows, data);
  EXPECT_NEAR(made.correlation(0, 0, 1), real.correlation(0, 0, 1), 0.06);
}

// As of small tables: correlations of two-valued columns, undone by themselves, fit no variables.
TEST(Copula, CorrelationsThatCannotBeAreBroughtToSomeThatCan) {
  const DrawRow draw = [](RandomStream& random, std::int64_t) -> Values {
    const std::uint64_t one = random.below(12);
    Values values(12);
    values[one] = 1;
    return values;
  };
  const auto rows = table({12}, 60, "table", draw);
  const Made made = made_like(rows, rows, 200);
  for (const Values& row : made.rows[0])
    for (const double value : row) EXPECT_TRUE(value == 0 || value == 1);
}

TEST(Copula, SmallAndMissingClassesAreLikeAllRows) {
  const auto data = table({5}, 100, "data", mixed);
  auto rows = std::make_shared<Dataset>(*table({5}, 100, "table", mixed));
  std::vector<std::byte> labels;
  for (std::size_t row = 0; row < 100; ++row) append_le<std::int64_t>(labels, row < 3 ? 1 : 7);
  rows->fields.back().tensor.source = memory_source(std::move(labels));
  const Made made = made_like(rows, data, 400);
  EXPECT_EQ(made.rows[0].size() + made.rows[1].size(), 400u);
}

TEST(Copula, TheSameRowsInAnyOrder) {
  const auto rows = table({5}, 300, "table", mixed);
  const Secret seed = seed_of(0x43);
  const auto made = [&] {
    return generated_rows(rows, make_generator(like(rows), rows, {}), seed, "n", 50);
  };
  const auto a = made(), b = made();
  std::vector<std::byte> of_a(20), of_b(20);
  for (std::uint64_t row = 0; row < 50; ++row) {
    a->read(0, 49 - row, of_a);
    b->read(0, 49 - row, of_b);
    EXPECT_EQ(of_a, of_b);
  }
}

TEST(Copula, WhatItCannotImitateIsRefused) {
  const auto rows = table({5}, 60, "table", mixed);
  const DrawRow wide = [](RandomStream& random, std::int64_t) {
    Values values(600);
    for (double& value : values) value = random.normal();
    return values;
  };
  EXPECT_THROW(make_generator(like(nullptr), rows, {}), Error);
  EXPECT_THROW(make_generator(like(rows), rows, {0}), Error);
  EXPECT_THROW(make_generator(like(table({4}, 60, "other", mixed)), rows, {}), Error);
  const auto large = table({600}, 60, "large", wide);
  EXPECT_THROW(make_generator(like(large), large, {}), Error);
}

}  // namespace
}  // namespace amalgam
