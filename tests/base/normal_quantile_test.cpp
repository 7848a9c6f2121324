#include "base/normal_quantile.h"

#include <gtest/gtest.h>

#include <cmath>

namespace amalgam {
namespace {

TEST(NormalQuantile, IsTheInverseOfTheDistribution) {
  for (const double z : {-6.0, -3.0, -1.0, -0.2, 0.0, 0.1, 0.7, 1.5, 2.5, 4.0, 5.5}) {
    const double below = std::erfc(-z / std::sqrt(2.0)) / 2;
    EXPECT_NEAR(normal_quantile(below), z, 1e-9) << z;
  }
}

}  // namespace
}  // namespace amalgam
