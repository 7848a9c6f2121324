#include "noise/generator.h"

#include <gtest/gtest.h>

#include <set>

#include "noise/grid.h"

namespace amalgam {
namespace {

// Eight samples of four values in two classes; class 0 is even and class 1 odd, position p holds 10
// p + {0..}.
std::shared_ptr<const Dataset> small(DType dtype) {
  auto data = std::make_shared<Dataset>();
  std::vector<std::byte> x(8 * 4 * dtype_size(dtype)), y(8 * 8);
  for (std::size_t row = 0; row < 8; ++row) {
    store_le<std::int64_t>(y, 8 * row, static_cast<std::int64_t>(row % 2));
    for (std::size_t p = 0; p < 4; ++p)
      store_number(dtype, x, 4 * row + p, static_cast<double>(10 * p + row));
  }
  data->features.push_back({"x", {dtype, {8, 4}, memory_source(std::move(x))}});
  data->targets = Field{"y", {DType::kInt64, {8}, memory_source(std::move(y))}};
  return data;
}

class Generators : public testing::TestWithParam<std::tuple<std::string, DType>> {
 protected:
  Secret seed_ = seed_from_hex(std::string(64, '5'));
};

TEST_P(Generators, StayOnTheGridAndRepeatThemselves) {
  const auto [name, dtype] = GetParam();
  const auto data = small(dtype);
  std::set<double> grid;
  for (std::size_t i = 0; i < 32; ++i) grid.insert(load_number(data->features[0], i));
  const auto rows = generated_rows(data, make_generator(name, data), seed_, "noise", 100);
  EXPECT_EQ(rows->rows(), 100u);
  std::vector<std::byte> first(4 * dtype_size(dtype)), again(first.size());
  std::set<std::vector<std::byte>> distinct;
  for (std::uint64_t row = 0; row < 100; ++row) {
    rows->features(0, row, first);
    rows->features(0, row, again);
    EXPECT_EQ(first, again);
    distinct.insert(first);
    const Field made{"x", {dtype, {1, 4}, memory_source(first)}};
    for (std::uint64_t p = 0; p < 4; ++p) EXPECT_TRUE(grid.count(load_number(made, p))) << name;
  }
  EXPECT_GT(distinct.size(), 50u);
}

INSTANTIATE_TEST_SUITE_P(All, Generators,
                         testing::Combine(testing::Values("resample", "uniform", "gaussian"),
                                          testing::Values(DType::kUInt8, DType::kInt32,
                                                          DType::kInt64, DType::kFloat32)));

TEST(Resample, KeepsEachPositionsHistogramByClass) {
  const auto data = small(DType::kUInt8);
  const Secret seed = seed_from_hex(std::string(64, '6'));
  const auto rows = generated_rows(data, make_resample(data), seed, "noise", 500);
  std::vector<std::byte> row(4);
  for (std::uint64_t r = 0; r < 500; ++r) {
    rows->features(0, r, row);
    const auto label = load_le<std::int64_t>(rows->targets(r, {}));
    for (std::size_t p = 0; p < 4; ++p) {
      const int value = std::to_integer<int>(row[p]) - static_cast<int>(10 * p);
      EXPECT_TRUE(value >= 0 && value < 8 && value % 2 == label);
    }
  }
}

TEST(Generator, UnknownNamesAreRefused) {
  EXPECT_THROW(make_generator("leaves", small(DType::kUInt8)), Error);
}

}  // namespace
}  // namespace amalgam
