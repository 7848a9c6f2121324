#include "formats/finite.h"

#include <gtest/gtest.h>

#include <limits>

namespace amalgam {
namespace {

TEST(Finite, FindsRunsAcrossPieces) {
  std::vector<float> values(5000, 1.0f);
  values[0] = std::numeric_limits<float>::quiet_NaN();
  for (std::size_t i = 1020; i < 1030; ++i) values[i] = -std::numeric_limits<float>::infinity();
  values[4999] = std::numeric_limits<float>::infinity();
  const Bytes bytes = std::as_bytes(std::span(values));
  NotFiniteRuns runs;
  scan_not_finite(DType::kFloat32, bytes.first(4 * 1024), 0, runs);
  scan_not_finite(DType::kFloat32, bytes.subspan(4 * 1024), 1024, runs);
  EXPECT_EQ(runs, (NotFiniteRuns{{0, 1}, {1020, 10}, {4999, 1}}));
}

TEST(Finite, LargestFiniteValuesPass) {
  const std::vector<double> values = {std::numeric_limits<double>::max(), -0.0, 5e-324};
  NotFiniteRuns runs;
  scan_not_finite(DType::kFloat64, std::as_bytes(std::span(values)), 0, runs);
  EXPECT_TRUE(runs.empty());
}

}  // namespace
}  // namespace amalgam
