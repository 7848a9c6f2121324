// Which rows samples are like: found where it is so, and not said where it is not.
#include "audit/resemblance.h"

#include <gtest/gtest.h>

#include "seeds.h"

namespace amalgam {
namespace {

constexpr std::uint64_t kWidth = 6;

// Normal values around `mean`.
StreamSample vectors(RandomStream& random, std::uint64_t rows, double mean) {
  StreamSample sample;
  sample.kind = SampleKind::kVector;
  sample.dtype = DType::kFloat32;
  sample.planes = {1, 1, kWidth};
  sample.rows = rows, sample.width = kWidth;
  for (std::uint64_t i = 0; i < rows * kWidth; ++i)
    sample.values.push_back(static_cast<float>(random.normal() + mean));
  return sample;
}

TEST(Resemblance, IsChanceWithinOneKindAndFarFromAnother) {
  const Secret seed = seed_of(0x31);
  RandomStream random(seed, "values");
  const StreamSample samples = vectors(random, 60, 0);
  const Resemblance same = resemblance(samples, vectors(random, 150, 0), seed);
  const Resemblance other = resemblance(samples, vectors(random, 150, 0.7), seed);
  EXPECT_NEAR(same.auc(), 0.5, 0.12);
  EXPECT_LT(same.within().low, 0.5);
  EXPECT_GT(same.within().high, 0.5);
  // Two normal distributions 0.7 apart in each of six directions: at best Phi(0.7 sqrt 3) = .89.
  EXPECT_GT(other.auc(), 0.7);
  EXPECT_LT(other.auc(), 0.95);
  EXPECT_GT(farther(same, other), 3);
  EXPECT_LT(farther(other, same), -3);
}

// Of two streams of one kind, one is the nearer by chance, and surely so as rarely as it should be:
// z is above 1.96 in 5 % of the draws; above 5 % + 3 deviations is no chance.
TEST(Resemblance, IsSeldomSureWhereThereIsNoDifference) {
  const Secret seed = seed_of(0x32);
  RandomStream random(seed, "values");
  constexpr int kDraws = 200;
  int beyond = 0;
  for (int draw = 0; draw < kDraws; ++draw) {
    const StreamSample samples = vectors(random, 20, 0);
    const Resemblance one = resemblance(samples, vectors(random, 60, 0), seed);
    const Resemblance two = resemblance(samples, vectors(random, 60, 0), seed);
    beyond += std::abs(farther(one, two)) > 1.96;
  }
  EXPECT_LE(beyond, 19);
}

TEST(Resemblance, OfTextsGoesByTheTokensTheyHave) {
  const Secret seed = seed_of(0x33);
  RandomStream random(seed, "tokens");
  // Of 40 tokens, ten are of one kind of text only.
  const auto texts = [&](std::size_t count, std::uint64_t first) {
    std::vector<std::vector<std::uint64_t>> all(count);
    for (auto& text : all)
      for (int i = 0; i < 12; ++i) text.push_back(first + random.below(30));
    return all;
  };
  const auto samples = texts(40, 0);
  const Resemblance same = resemblance(samples, texts(120, 0), seed);
  const Resemblance other = resemblance(samples, texts(120, 10), seed);
  EXPECT_NEAR(same.auc(), 0.5, 0.15);
  EXPECT_GT(other.auc(), 0.9);
}

TEST(Resemblance, WhatCanNotBeComparedIsToldApart) {
  const Secret seed = seed_of(0x34);
  RandomStream random(seed, "values");
  const Resemblance same = resemblance(vectors(random, 30, 0), vectors(random, 90, 0), seed);
  EXPECT_EQ(none_of_it(30).auc(), 1);
  EXPECT_GT(farther(same, none_of_it(30)), 4);
  EXPECT_EQ(farther(none_of_it(30), none_of_it(30)), 0);
}

}  // namespace
}  // namespace amalgam
