#include "noise/generator.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "noise/grid.h"
#include "seeds.h"

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
  data->add({"x", {dtype, {8, 4}, memory_source(std::move(x))}});
  data->add({"y", {DType::kInt64, {8}, memory_source(std::move(y))}, Role::kTarget});
  return data;
}

class Generators : public testing::TestWithParam<std::tuple<std::string, DType>> {
 protected:
  Secret seed_ = seed_of(0x55);
};

TEST_P(Generators, StayOnTheGridAndRepeatThemselves) {
  const auto [name, dtype] = GetParam();
  const auto data = small(dtype);
  std::set<double> grid;
  for (std::size_t i = 0; i < 32; ++i) grid.insert(load_number(data->fields[0], i));
  const auto rows =
      generated_rows(data, make_generator({name, {}, {}}, data, {}), seed_, "noise", 100);
  EXPECT_EQ(rows->rows(), 100u);
  std::vector<std::byte> first(4 * dtype_size(dtype)), again(first.size());
  std::set<std::vector<std::byte>> distinct;
  for (std::uint64_t row = 0; row < 100; ++row) {
    rows->read(0, row, first);
    rows->read(0, row, again);
    EXPECT_EQ(first, again);
    distinct.insert(first);
    const Field made{"x", {dtype, {1, 4}, memory_source(first)}};
    for (std::uint64_t p = 0; p < 4; ++p) EXPECT_TRUE(grid.count(load_number(made, p))) << name;
  }
  EXPECT_GT(distinct.size(), 8u);
}

INSTANTIATE_TEST_SUITE_P(All, Generators,
                         testing::Combine(testing::ValuesIn(generator_names()),
                                          testing::Values(DType::kUInt8, DType::kInt32,
                                                          DType::kInt64, DType::kFloat32)));

TEST(Resample, KeepsEachPositionsHistogramByClass) {
  const auto data = small(DType::kUInt8);
  const Secret seed = seed_of(0x66);
  const auto rows = generated_rows(data, make_resample(data), seed, "noise", 500);
  std::vector<std::byte> row(4);
  for (std::uint64_t r = 0; r < 500; ++r) {
    rows->read(0, r, row);
    const auto label = load_le<std::int64_t>(rows->read(1, r, {}));
    for (std::size_t p = 0; p < 4; ++p) {
      const int value = std::to_integer<int>(row[p]) - static_cast<int>(10 * p);
      EXPECT_TRUE(value >= 0 && value < 8 && value % 2 == label);
    }
  }
}

TEST(Generator, UnknownNamesAreRefused) {
  EXPECT_THROW(make_generator({"patches", {}, {}}, small(DType::kUInt8), {}), Error);
}

// 400 images of 8 x 8 in two classes: stripes that lie along rows (class 0) or columns (class 1),
// at a random place, around 100 (class 0) or 150 (class 1).
std::shared_ptr<const Dataset> stripes() {
  const Secret seed = seed_of(0x77);
  RandomStream random(seed, "stripes");
  auto data = std::make_shared<Dataset>();
  std::vector<std::byte> x(400 * 64), y(400 * 8);
  for (std::size_t row = 0; row < 400; ++row) {
    const std::size_t label = row % 2, phase = random.below(4);
    store_le<std::int64_t>(y, 8 * row, static_cast<std::int64_t>(label));
    for (std::size_t i = 0; i < 64; ++i) {
      const std::size_t along = label == 0 ? i / 8 : i % 8;
      const double value = (label == 0 ? 100.0 : 150.0) + ((along + phase) % 4 < 2 ? 30 : -30);
      store_number(DType::kUInt8, x, 64 * row + i, value + random.normal());
    }
  }
  data->add({"x", {DType::kUInt8, {400, 8, 8}, memory_source(std::move(x))}});
  data->add({"y", {DType::kInt64, {400}, memory_source(std::move(y))}, Role::kTarget});
  return data;
}

// Of 300 generated images: per class, the mean, and the correlation of neighbours along rows and
// along columns.
struct Looks {
  double mean[2] = {}, along_rows[2] = {}, along_columns[2] = {};
};

Looks look(const std::string& name) {
  const auto data = stripes();
  const Secret seed = seed_of(0x88);
  const auto rows =
      generated_rows(data, make_generator({name, {}, {}}, data, {}), seed, "noise", 300);
  Looks looks;
  double count[2] = {}, variance[2] = {};
  std::vector<std::byte> bytes(64);
  for (std::uint64_t r = 0; r < 300; ++r) {
    rows->read(0, r, bytes);
    const auto label = static_cast<std::size_t>(load_le<std::int64_t>(rows->read(1, r, {})));
    double image[64], mean = 0;
    for (int i = 0; i < 64; ++i) mean += (image[i] = std::to_integer<int>(bytes[i])) / 64.0;
    for (int i = 0; i < 64; ++i) {
      variance[label] += (image[i] - mean) * (image[i] - mean);
      if (i % 8 < 7) looks.along_rows[label] += (image[i] - mean) * (image[i + 1] - mean);
      if (i < 56) looks.along_columns[label] += (image[i] - mean) * (image[i + 8] - mean);
    }
    looks.mean[label] += mean;
    ++count[label];
  }
  for (int label = 0; label < 2; ++label) {
    looks.mean[label] /= count[label];
    looks.along_rows[label] /= variance[label] * 7 / 8;
    looks.along_columns[label] /= variance[label] * 7 / 8;
  }
  return looks;
}

TEST(Spectrum, HasTheClassesMeansAndDirections) {
  const Looks looks = look("spectrum");
  EXPECT_NEAR(looks.mean[0], 100, 5);
  EXPECT_NEAR(looks.mean[1], 150, 5);
  EXPECT_GT(looks.along_rows[0], 0.9);
  EXPECT_LT(looks.along_columns[0], 0.3);
  EXPECT_LT(looks.along_rows[1], 0.3);
  EXPECT_GT(looks.along_columns[1], 0.9);
}

TEST(Likeness, HasTheClassesMeansAndCovariances) {
  const Looks looks = look("likeness");
  EXPECT_NEAR(looks.mean[0], 100, 5);
  EXPECT_NEAR(looks.mean[1], 150, 5);
  EXPECT_GT(looks.along_rows[0], 0.9);
  EXPECT_GT(looks.along_columns[1], 0.9);
  EXPECT_LT(looks.along_rows[1], 0.3);
}

TEST(Leaves, AreConnectedRegionsOfTheClassesColours) {
  const Looks looks = look("leaves");
  EXPECT_NEAR(looks.mean[0], 100, 15);
  EXPECT_NEAR(looks.mean[1], 150, 15);
  for (int label = 0; label < 2; ++label) {
    EXPECT_GT(looks.along_rows[label], 0.25);
    EXPECT_GT(looks.along_columns[label], 0.25);
  }
}

TEST(Resample, HasNoNeighbours) { EXPECT_LT(std::abs(look("resample").along_rows[0]), 0.2); }

}  // namespace
}  // namespace amalgam
