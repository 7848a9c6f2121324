#include "base/normal_quantile.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace amalgam {
namespace {

TEST(NormalQuantile, IsTheInverseOfTheDistribution) {
  for (const double z : {-6.0, -3.0, -1.0, -0.2, 0.0, 0.1, 0.7, 1.5, 2.5, 4.0, 5.5}) {
    const double below = std::erfc(-z / std::sqrt(2.0)) / 2;
    EXPECT_NEAR(normal_quantile(below), z, 1e-9) << z;
  }
}

TEST(NormalQuantile, OfManyIsThatOfEach) {
  std::vector<double> p;
  for (int i = 1; i < 1500; ++i) p.push_back(i / 1500.0);
  for (int i = 2; i < 300; ++i) p.push_back(std::pow(0.5, i));
  std::vector<double> z = p;
  normal_quantiles(z);
  for (std::size_t i = 0; i < p.size(); ++i) EXPECT_EQ(z[i], normal_quantile(p[i])) << p[i];
}

}  // namespace
}  // namespace amalgam
