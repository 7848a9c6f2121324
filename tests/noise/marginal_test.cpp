// Columns of every kind: drawn values lie where the column's own do.
#include "noise/marginal.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>

#include "base/random.h"
#include "seeds.h"

namespace amalgam {
namespace {

std::vector<double> column(std::size_t rows, const std::function<double(RandomStream&)>& draw) {
  const Secret seed = seed_of(0x31);
  RandomStream random(seed, "column");
  std::vector<double> values(rows);
  for (double& value : values) value = static_cast<double>(static_cast<float>(draw(random)));
  std::ranges::sort(values);
  return values;
}

struct Drawn {
  explicit Drawn(const std::vector<double>& column)
      : seen(column.begin(), column.end()),
        lattice(std::make_shared<const Lattice>(column)),
        marginal(column, lattice) {
    for (int i = 0; i < 5000; ++i)
      values.push_back(static_cast<double>(static_cast<float>(marginal.at((i + 0.5) / 5000))));
  }
  double new_values() const {
    return static_cast<double>(std::ranges::count_if(
               values, [this](double value) { return seen.count(value) == 0; })) /
           static_cast<double>(values.size());
  }
  std::set<double> seen;
  std::shared_ptr<const Lattice> lattice;
  Marginal marginal;
  std::vector<double> values;
};

TEST(Marginal, DecimalsStayDecimals) {
  const Drawn drawn(column(300, [](RandomStream& random) {
    return std::round((20 + 5 * random.normal()) * 20) / 20;  // in steps of .05
  }));
  EXPECT_NEAR(drawn.lattice->step(20), 0.05, 1e-12);
  for (const double value : drawn.values)
    EXPECT_EQ(value, static_cast<double>(static_cast<float>(std::round(value * 20) / 20)));
  EXPECT_GT(drawn.new_values(), 0.05);
}

TEST(Marginal, StandardisedWholeNumbersKeepTheirSteps) {
  const auto scaled = [](double whole) { return (whole - 71.3) / 13.7; };
  const Drawn drawn(column(
      400, [&](RandomStream& random) { return scaled(std::round(60 + 90 * random.normal())); }));
  EXPECT_NEAR(drawn.lattice->step(0), 1 / 13.7, 1e-6);
  for (const double value : drawn.values) {
    const double whole = value * 13.7 + 71.3;
    EXPECT_NEAR(whole, std::round(whole), 1e-3);
  }
  EXPECT_GT(drawn.new_values(), 0.02);
  // Of values so large that float32 has but some decimals.
  const Drawn large(column(
      400, [](RandomStream& random) { return 4.1927 * std::round(500 + 90 * random.normal()); }));
  EXPECT_NEAR(large.lattice->step(2000), 4.1927, 1e-4);
  // Not a rounding away from a value of the column.
  for (const double value : drawn.values) {
    const auto near = drawn.seen.lower_bound(value - 0.01);
    if (near != drawn.seen.end() && *near < value + 0.01) {
      EXPECT_EQ(*near, value);
    }
  }
}

TEST(Marginal, RealNumbersAreAsGoodAsNew) {
  const Drawn drawn(column(500, [](RandomStream& random) { return random.normal(); }));
  EXPECT_EQ(drawn.lattice->step(1), 0);
  EXPECT_GT(drawn.new_values(), 0.99);
  EXPECT_GE(drawn.values.front(), *drawn.seen.begin());
  EXPECT_LE(drawn.values.back(), *drawn.seen.rbegin());
  const std::set<double> distinct(drawn.values.begin(), drawn.values.end());
  EXPECT_GT(distinct.size(), 4900u);
}

TEST(Marginal, FewValuesAndTheirSharesStay) {
  const double values[] = {0.1234567, 0.7654321, 3.1415926};
  const Drawn drawn(column(1000, [&](RandomStream& random) {
    const double u = random.uniform();
    return values[u < 0.2 ? 0 : u < 0.3 ? 1 : 2];
  }));
  EXPECT_EQ(drawn.new_values(), 0);
  EXPECT_NEAR(static_cast<double>(std::ranges::count(drawn.values, *drawn.seen.begin())) / 5000,
              0.2, 0.05);
}

TEST(Marginal, APointOfMassHasNothingBesideIt) {
  const Drawn drawn(column(1000, [](RandomStream& random) {
    return random.uniform() < 0.6 ? 0 : 10 + random.normal();
  }));
  EXPECT_NEAR(static_cast<double>(std::ranges::count(drawn.values, 0.0)) / 5000, 0.6, 0.05);
  for (const double value : drawn.values) EXPECT_TRUE(value == 0 || value > 5) << value;
  EXPECT_GT(drawn.new_values(), 0.3);
}

TEST(Marginal, RanksOfTiesAreRanges) {
  const std::vector<double> values = {1, 2, 2, 4};
  const Marginal marginal(values, std::make_shared<const Lattice>(values));
  EXPECT_EQ(marginal.ranks(2).below, 0.25);
  EXPECT_EQ(marginal.ranks(2).upto, 0.75);
  EXPECT_NEAR(marginal.score(2), 0, 1e-12);
  EXPECT_EQ(marginal.ranks(-5).below, 0.125);
  EXPECT_EQ(marginal.ranks(9).upto, 0.875);
  const std::vector<double> one = {7};
  const Marginal constant(one, std::make_shared<const Lattice>(one));
  for (const double u : {0.0, 0.3, 1.0}) EXPECT_EQ(constant.at(u), 7);
}

}  // namespace
}  // namespace amalgam
