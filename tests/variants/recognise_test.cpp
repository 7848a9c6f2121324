// Values that are drawn here as PyTorch draws them, and what is told of them.
#include "variants/recognise.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <numbers>
#include <random>
#include <utility>

#include "values.h"
#include "variants/normal_grid.h"
#include "variants/uniform_grid.h"

namespace amalgam {
namespace {

class Generator {
 public:
  float unit() { return static_cast<float>(engine_() & 0xffffff) * 0x1p-24f; }

  std::vector<float> uniform(std::size_t count, float bound) {
    std::vector<float> values(count);
    for (float& value : values) value = std::fma(unit(), 2 * bound, -bound);
    return values;
  }

  // As torch.Tensor.normal_ fills 16 values and more.
  std::vector<float> normal(std::size_t count, float deviation) {
    std::vector<float> values(count);
    for (std::size_t at = 0; at + 16 <= count; at += 16) fill(&values[at], deviation);
    if (count % 16 != 0) fill(&values[count - 16], deviation);
    return values;
  }

 private:
  void fill(float* values, float deviation) {
    std::array<float, 16> units{};
    for (float& one : units) one = unit();
    for (std::size_t i = 0; i < 8; ++i) {
      const float radius = std::sqrt(-2 * std::log(1 - units[i]));
      const float angle = 2 * std::numbers::pi_v<float> * units[i + 8];
      values[i] = radius * std::cos(angle) * deviation;
      values[i + 8] = radius * std::sin(angle) * deviation;
    }
  }

  std::mt19937 engine_{7};
};

Recognised told(const std::vector<float>& values, const Shape& shape,
                const std::vector<float>& bounds = {}) {
  return recognise(tensor_of(DType::kFloat32, values, shape), bounds);
}

TEST(Recognise, UniformValuesWithAnyBound) {
  const auto values = Generator().uniform(400, 0.137f);
  const Recognised found = told(values, {20, 20});
  EXPECT_EQ(found.sureness, Sureness::kExact);
  EXPECT_EQ(found.rows, (std::vector<FormRows>{{20, Form::uniform(-0.137f, 0.274f)}}));
}

TEST(Recognise, FewUniformValuesWithTheBoundOfTheirLayer) {
  const auto values = Generator().uniform(6, 0.25f);
  EXPECT_EQ(told(values, {6}).sureness, Sureness::kNone);
  const Recognised found = told(values, {6}, {0.2f, 0.25f});
  EXPECT_EQ(found.sureness, Sureness::kSmall);
  EXPECT_EQ(found.rows[0].form, Form::uniform(-0.25f, 0.5f));
}

// As cuRAND's numbers of Philox are scaled on a GPU.
std::vector<float> of_a_gpu(std::size_t count, float bound) {
  std::mt19937 engine(11);
  std::vector<float> values(count);
  for (float& value : values) {
    const float unit = std::fma(static_cast<float>(engine()), 0x1p-32f, 0x1p-33f);
    value = std::fma(unit, 2 * bound, -bound);
    if (value == bound) value = -bound;
  }
  return values;
}

TEST(Recognise, UniformValuesOfAGpu) {
  for (const float bound : {0.137f, 0.03125f, 1.0f / 17}) {
    auto values = of_a_gpu(400, bound);
    const Recognised found = told(values, {20, 20});
    EXPECT_EQ(found.sureness, Sureness::kExact) << bound;
    EXPECT_EQ(found.rows, (std::vector<FormRows>{{20, Form::uniform(-bound, 2 * bound)}}));
    EXPECT_EQ(told(of_a_gpu(12, bound), {12}, {0.2f, bound}).sureness, Sureness::kSmall);
    // What training moves by a little, or of one value alone.
    auto moved = values;
    for (float& value : moved) value += 1e-8f;
    EXPECT_EQ(told(moved, {20, 20}).sureness, Sureness::kNone);
    moved = values;
    moved[7] = 0.0001234f;
    EXPECT_EQ(told(moved, {20, 20}).sureness, Sureness::kNone);
  }
}

// Trained in bfloat16, and kept as float32: fewer digits than any grid.
TEST(Recognise, NothingInShortNumbers) {
  std::mt19937_64 engine(3);
  for (const float deviation : {0.02f, 0.3f, 1.0f}) {
    std::normal_distribution<float> normal(0, deviation);
    std::vector<float> values(300);
    for (float& value : values)
      value = std::bit_cast<float>(std::bit_cast<std::uint32_t>(normal(engine)) & 0xffff0000u);
    values[0] = std::exp2(std::ceil(std::log2(3 * deviation))) * (1 - 0x1p-7f);
    EXPECT_EQ(told(values, {300}, {0.25f, 1}).sureness, Sureness::kNone) << deviation;
  }
}

TEST(Recognise, OneValueThatMovedByItsLastDigit) {
  auto values = Generator().uniform(4096, 0.1f);
  // A small one, which has more digits than the grid.
  auto least = std::min_element(values.begin(), values.end(),
                                [](float a, float b) { return std::abs(a) < std::abs(b); });
  *least = std::nextafter(*least, 1.0f);
  EXPECT_LT(told(values, {64, 64}).sureness, Sureness::kSmall);
}

TEST(Recognise, NormalValuesAndTheirDeviation) {
  for (const std::size_t count : {64u, 100u, 4099u}) {
    const Recognised found = told(Generator().normal(count, 0.02f), {count, 1});
    ASSERT_EQ(found.sureness, Sureness::kExact) << count;
    EXPECT_NEAR(found.rows[0].form.scale, 0.02, count < 1000 ? 0.006 : 1e-12);
  }
}

TEST(Recognise, NormalValuesThatMovedByTheirLastDigits) {
  auto values = Generator().normal(640, 0.02f);
  for (float& value : values) value += 5e-9f;
  EXPECT_EQ(told(values, {20, 32}).sureness, Sureness::kNone);
}

TEST(Recognise, AnotherGeneratorsByDistributionAlone) {
  std::mt19937_64 engine(3);
  std::normal_distribution<float> normal(0, 0.1f);
  std::vector<float> values(8192);
  for (float& value : values) value = normal(engine);
  EXPECT_EQ(told(values, {64, 128}).sureness, Sureness::kLikely);
  values.resize(2048);
  EXPECT_EQ(told(values, {64, 32}).sureness, Sureness::kNone);
}

TEST(Recognise, ARowOfZerosAmongNormalValues) {
  auto values = Generator().normal(50 * 24, 1);
  std::fill_n(values.begin() + 3 * 24, 24, 0.0f);
  const Recognised found = told(values, {50, 24});
  EXPECT_EQ(found.sureness, Sureness::kExact);
  ASSERT_EQ(found.rows.size(), 3u);
  EXPECT_EQ(found.rows[1], (FormRows{1, Form::constant(0)}));
  EXPECT_EQ(found.rows[0].rows + found.rows[2].rows, 49u);
}

TEST(Recognise, GatesThatWereDrawnApart) {
  Generator generator;
  std::vector<float> values;
  for (int gate = 0; gate < 4; ++gate) {
    const auto own = generator.uniform(32 * 32, gate == 1 ? 0.5f : 0.25f);
    values.insert(values.end(), own.begin(), own.end());
  }
  const Recognised found = told(values, {128, 32});
  EXPECT_EQ(found.sureness, Sureness::kExact);
  ASSERT_EQ(found.rows.size(), 4u);
  EXPECT_EQ(found.rows[1].form, Form::uniform(-0.5f, 1.0f));
  EXPECT_EQ(found.rows[2].form, Form::uniform(-0.25f, 0.5f));
}

TEST(Recognise, BlocksOfABias) {
  std::vector<float> values(64, 0.0f);
  std::fill_n(values.begin() + 16, 16, 1.0f);
  const Recognised found = told(values, {64});
  EXPECT_EQ(found.sureness, Sureness::kConstant);
  EXPECT_EQ(found.rows,
            (std::vector<FormRows>{
                {16, Form::constant(0)}, {16, Form::constant(1)}, {32, Form::constant(0)}}));
}

TEST(Recognise, NothingInWhatIsMadeByHand) {
  std::vector<float> table(20 * 24);
  for (std::size_t i = 0; i < table.size(); ++i)
    table[i] = std::sin(static_cast<float>(i / 24) * std::pow(0.9f, static_cast<float>(i % 24)));
  EXPECT_EQ(told(table, {20, 24}).sureness, Sureness::kNone);
  std::vector<float> unit(36, 0.0f);
  for (std::size_t i = 0; i < 6; ++i) unit[7 * i] = 1;
  EXPECT_EQ(told(unit, {6, 6}).sureness, Sureness::kNone);
  std::vector<float> signs(256);
  for (std::size_t i = 0; i < signs.size(); ++i) signs[i] = i * i % 7 < 3 ? 1.0f : -1.0f;
  EXPECT_EQ(told(signs, {16, 16}).sureness, Sureness::kNone);
}

TEST(Recognise, NothingInWhatIsNotFinite) {
  EXPECT_EQ(told(std::vector<float>(400, NAN), {20, 20}).sureness, Sureness::kNone);
  auto values = Generator().normal(400, 1);
  for (std::size_t i = 0; i < values.size(); i += 3) values[i] = NAN;
  EXPECT_EQ(told(values, {20, 20}).sureness, Sureness::kNone);
  values.assign(400, HUGE_VALF);
  values[5] = 0;
  EXPECT_EQ(told(values, {20, 20}).sureness, Sureness::kNone);
}

TEST(UniformGrid, HasAllWhereItHasEach) {
  Generator generator;
  const UniformGrid grid{-0.137f, 0.274f};
  std::vector<float> once = generator.uniform(2000, 0.137f), twice(2000);
  for (float& value : twice) {
    volatile float scaled = generator.unit() * grid.range;  // rounded by itself
    value = scaled + grid.from;
  }
  for (std::vector<float>* values : {&once, &twice}) {
    EXPECT_TRUE(all_on(grid, *values));
    for (const std::size_t at : {0u, 511u, 512u, 1999u}) {
      // Near zero there are more float32 numbers than the grid has.
      const float own = std::exchange((*values)[at], 0.0001234f);
      EXPECT_FALSE(grid.number((*values)[at]));
      EXPECT_FALSE(all_on(grid, *values)) << at;
      (*values)[at] = own;
    }
    for (const float off : {grid.from + grid.range, NAN, 1e30f, -HUGE_VALF})
      EXPECT_FALSE(all_on(grid, std::vector<float>{off})) << off;
  }
}

// In the middle between two angles that could be drawn.
TEST(AngleGrid, MissesNoPair) {
  const double angle = 2 * std::numbers::pi * 1'000'000.5 / 0x1p24;
  for (const std::size_t at : {3u, 1013u, 4103u}) {
    auto values = Generator().normal(4112, 1);
    AngleGrid grid, moved;
    grid.add(values, 0, values.size(), [](std::uint64_t) { return false; });
    EXPECT_TRUE(grid.all_on());
    EXPECT_EQ(grid.pairs(), values.size() / 2);
    values[at] = static_cast<float>(std::cos(angle));
    values[at + 8] = static_cast<float>(std::sin(angle));
    moved.add(values, 0, values.size(), [](std::uint64_t) { return false; });
    EXPECT_FALSE(moved.all_on());
  }
}

TEST(AngleGrid, HasAFewRandomPairsOnItByChanceAlone) {
  std::mt19937_64 engine(5);
  std::normal_distribution<float> normal(0, 1);
  int on = 0;
  for (int i = 0; i < 2000; ++i) {
    AngleGrid grid;
    for (std::uint64_t p = 0; p < AngleGrid::kEnough; ++p)
      grid.add_pair(normal(engine), normal(engine));
    on += grid.all_on();
  }
  EXPECT_LT(on, 4);
}

}  // namespace
}  // namespace amalgam
