// Columns that bend are told from those that have the same values and correlations and do not, and
// two halves of one table are not told apart.
#include <gtest/gtest.h>

#include <cmath>

#include "audit/attack.h"
#include "seeds.h"

namespace amalgam {
namespace {

constexpr std::uint64_t kRows = 256, kWidth = 6, kClasses = 2;

// Of each pair of columns the second one follows the square of the first, so that their ranks do
// not correlate. `mixed`: each column has its values in another order within a class, which is what
// a gaussian copula without correlations makes of it.
StreamSample table(RandomStream& random, bool mixed) {
  StreamSample sample;
  sample.kind = SampleKind::kVector;
  sample.dtype = DType::kFloat32;
  sample.planes = {1, 1, kWidth};
  sample.rows = kRows, sample.width = kWidth;
  sample.values.resize(kRows * kWidth);
  for (std::uint64_t r = 0; r < kRows; ++r) {
    sample.labels.push_back(static_cast<std::int64_t>(r % kClasses));
    for (std::uint64_t i = 0; i < kWidth; i += 2) {
      const double first = random.normal();
      sample.values[r * kWidth + i] = static_cast<float>(std::exp(first));
      sample.values[r * kWidth + i + 1] =
          static_cast<float>(first * first + random.normal() + 3 * static_cast<double>(r % 2));
    }
  }
  for (std::uint64_t i = 0; mixed && i < kWidth; ++i)
    for (std::uint64_t r = kRows - 1; r >= kClasses; --r) {
      const std::uint64_t other = r % kClasses + kClasses * random.below(r / kClasses + 1);
      std::swap(sample.values[r * kWidth + i], sample.values[other * kWidth + i]);
    }
  return sample;
}

TEST(Bends, AreToldFromTheirCopulaAndHalvesAreNot) {
  const Secret seed = seed_of(0x32);
  RandomStream random(seed, "values");
  const auto bends = make_bends();
  int told = 0, first = 0;
  constexpr int kGames = 40;
  for (int game = 0; game < kGames; ++game) {
    const auto one = bends->measure(table(random, false)),
               two = bends->measure(table(random, false)),
               made = bends->measure(table(random, true));
    ASSERT_EQ(one.size(), bends->statistics().size());
    told += one[0] > made[0] && one[3] > made[3];
    first += one[0] > two[0];
  }
  EXPECT_GE(told, kGames - 1);
  // Of 40 tosses 8 to 32 are heads, but for one time in 10,000.
  EXPECT_GT(first, 8);
  EXPECT_LT(first, 32);
}

TEST(Bends, OfNormalVariablesAreChance) {
  const Secret seed = seed_of(0x33);
  RandomStream random(seed, "values");
  StreamSample sample = table(random, false);
  sample.labels.clear();
  double sum = 0;
  for (int game = 0; game < 10; ++game) {
    for (std::uint64_t r = 0; r < kRows; ++r) {
      const double common = random.normal();
      for (std::uint64_t i = 0; i < kWidth; ++i)
        sample.values[r * kWidth + i] = static_cast<float>(common + random.normal());
    }
    sum += std::expm1(make_bends()->measure(sample)[1]);
  }
  EXPECT_GT(sum / 10, 0.4);
  EXPECT_LT(sum / 10, 2.5);
}

TEST(Bends, OfOneColumnAreNone) {
  StreamSample sample;
  sample.kind = SampleKind::kVector;
  sample.rows = 64, sample.width = 1;
  sample.values.resize(64, 1);
  EXPECT_EQ(make_bends()->measure(sample), std::vector<double>(5, 0));
}

}  // namespace
}  // namespace amalgam
