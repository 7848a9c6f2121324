// Numbers of the twister, by the standard library's own, beside numbers of another generator.
#include "audit/twister.h"

#include <gtest/gtest.h>

#include <random>

#include "variants/uniform_grid.h"

namespace amalgam {
namespace {

template <typename Engine>
std::vector<std::uint32_t> numbers(std::uint32_t mask, std::size_t count) {
  Engine engine(2024);
  for (int i = 0; i < 1000; ++i) engine();
  std::vector<std::uint32_t> out(count);
  for (std::uint32_t& number : out) number = static_cast<std::uint32_t>(engine()) & mask;
  return out;
}

TEST(TwisterRelations, HoldForTheTwisterAlone) {
  const TwisterRelations relations(0xffffff);
  EXPECT_EQ(relations.count(), 15u);
  const HeldRelations own = relations.test(numbers<std::mt19937>(0xffffff, 630));
  EXPECT_EQ(own.tested, 7 * 15u);
  EXPECT_EQ(own.held, own.tested);
  EXPECT_TRUE(own.hold());
  const HeldRelations other = relations.test(numbers<std::ranlux48>(0xffffff, 5000));
  EXPECT_TRUE(other.enough());
  EXPECT_FALSE(other.hold());
  EXPECT_NEAR(static_cast<double>(other.held) / static_cast<double>(other.tested), 0.5, 0.02);
}

TEST(TwisterRelations, NeedMoreNumbersThanASpan) {
  const TwisterRelations relations(0xffffff);
  EXPECT_EQ(relations.test(numbers<std::mt19937>(0xffffff, 623)).tested, 0u);
  EXPECT_EQ(relations.test(numbers<std::mt19937>(0xffffff, 624)).tested, 15u);
  EXPECT_FALSE(relations.test(numbers<std::mt19937>(0xffffff, 624)).enough());
}

TEST(TwisterRelations, LookAtKnownBitsAlone) {
  for (const std::uint32_t known : {0xffffffffu, 0xfffffcu, 0xfffff0u, 0xff000000u}) {
    const TwisterRelations relations(known);
    auto outputs = numbers<std::mt19937>(0xffffffff, 700);
    std::mt19937_64 noise(1);
    for (std::uint32_t& output : outputs) output ^= static_cast<std::uint32_t>(noise()) & ~known;
    const HeldRelations found = relations.test(outputs);
    EXPECT_EQ(found.held, found.tested) << std::hex << known;
  }
  EXPECT_EQ(TwisterRelations(0xffffffff).count(), 31u);
  EXPECT_GT(TwisterRelations(0xfffff0).count(), 3u);
}

TEST(TwisterRelations, HoldWhereSomeNumbersAreOff) {
  auto outputs = numbers<std::mt19937>(0xffffff, 2000);
  for (std::size_t i = 0; i < outputs.size(); i += 5) ++outputs[i];
  EXPECT_TRUE(TwisterRelations(0xffffff).test(outputs).hold());
}

// Large values have one digit less than the grid there, so that two numbers may give one value.
TEST(TwisterRelations, HoldForNumbersBehindValuesFromZero) {
  std::vector<float> values;
  for (const std::uint32_t number : numbers<std::mt19937>(0xffffff, 900))
    values.push_back(static_cast<float>(number) * 0x1p-24f * 0.3f);
  const auto grid = find_grid(values);
  ASSERT_TRUE(grid);
  EXPECT_TRUE(TwisterRelations(0xffffff).test(numbers_on(*grid, values)).hold());
}

}  // namespace
}  // namespace amalgam
