// What can be exact about a tensor's values: each form is seen where it was made, and none in
// values that were drawn.
#include "audit/tables/tensor_measures.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <functional>
#include <numeric>
#include <random>

namespace amalgam {
namespace {

using Values = std::vector<float>;

// REQUIRES: as many values as the shape has.
std::vector<TensorMeasure> measured_in(const Shape& shape, const Values& values) {
  std::vector<std::byte> bytes(values.size() * sizeof(float));
  std::memcpy(bytes.data(), values.data(), bytes.size());
  const Tensor tensor{DType::kFloat32, shape, memory_source(std::move(bytes))};
  const ViewedTensor viewed{"linear0_weight", "linear_weight", &tensor, true, false};
  const auto sample = sample_tensor(viewed);
  return sample ? measures_of(*sample) : std::vector<TensorMeasure>{};
}

// Names of what is surely round.
std::vector<std::string> round_in(const Shape& shape, const Values& values) {
  std::vector<std::string> names;
  for (const TensorMeasure& measure : measured_in(shape, values))
    if (!measure.measured.round.empty() && measure.measured.chance < 1e-7)
      names.push_back(measure.name);
  return names;
}

bool is_round(const std::string& name, const Shape& shape, const Values& values) {
  const auto names = round_in(shape, values);
  return std::find(names.begin(), names.end(), name) != names.end();
}

Values drawn(const Shape& shape, bool normal = false, unsigned seed = 1) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> uniform(-0.3F, 0.3F);
  std::normal_distribution<float> gauss(0, 0.02F);
  Values values(element_count(shape));
  for (float& v : values) v = normal ? gauss(random) : uniform(random);
  return values;
}

TEST(TensorMeasures, OfDrawnValuesNoneIsRound) {
  const std::vector<Shape> shapes = {{2},        {10},         {96},         {16, 16}, {3, 200},
                                     {200, 3},   {64, 32},     {8, 3, 3, 3}, {1, 40},  {10, 1},
                                     {300, 300}, {6, 1, 5, 5}, {4, 8, 2},    {},       {128, 24}};
  for (const Shape& shape : shapes)
    for (unsigned seed = 0; seed < 8; ++seed)
      for (const bool normal : {false, true})
        EXPECT_TRUE(round_in(shape, drawn(shape, normal, seed)).empty())
            << to_string(shape) << ": " << round_in(shape, drawn(shape, normal, seed))[0];
}

// Of a large tensor only the first rows are read, and a padding row is at a secret place.
TEST(TensorMeasures, APaddingRowIsTheSameWhereverItIs) {
  const Shape shape = {4000, 32};
  const auto padded_at = [&](std::ptrdiff_t row) {
    Values values = drawn(shape, true);
    std::fill_n(values.begin() + row * 32, 32, 0.0F);
    return round_in(shape, values);
  };
  EXPECT_EQ(padded_at(5), std::vector<std::string>{"the number of rows that are not 0"});
  EXPECT_EQ(padded_at(3900), padded_at(5));
}

struct Made {
  const char* name;
  Shape shape;
  std::function<void(Values&)> make;
};

class TensorForms : public testing::TestWithParam<Made> {};

TEST_P(TensorForms, AreSeen) {
  const Made& made = GetParam();
  Values values = drawn(made.shape);
  EXPECT_FALSE(is_round(made.name, made.shape, values));
  made.make(values);
  EXPECT_TRUE(is_round(made.name, made.shape, values))
      << testing::PrintToString(round_in(made.shape, values));
}

// Rows of 32 values.
void for_rows(Values& values, const std::function<void(std::span<float>)>& change) {
  for (std::size_t at = 0; at + 32 <= values.size(); at += 32)
    change(std::span(values).subspan(at, 32));
}

float norm(std::span<const float> row) {
  return std::sqrt(std::inner_product(row.begin(), row.end(), row.begin(), 0.0F));
}

const Made kForms[] = {
    {"the spread", {10}, [](Values& v) { std::fill(v.begin(), v.end(), 1.0F); }},
    {"the smallest spread of a gate's block",
     {96},
     [](Values& v) { std::fill(v.begin() + 24, v.begin() + 48, 1.0F); }},
    {"the number of rows that are not 0",
     {50, 32},
     [](Values& v) { std::fill_n(v.begin() + 7 * 32, 32, 0.0F); }},
    {"the number of rows of different values",
     {50, 32},
     [](Values& v) { std::fill_n(v.begin() + 7 * 32, 32, 0.5F); }},
    {"the number of rows that come once",
     {50, 32},
     [](Values& v) { std::copy_n(v.begin(), 32, v.begin() + 9 * 32); }},
    {"the relative spread of the norms of rows",
     {50, 32},
     [](Values& v) {
       for_rows(v, [](auto row) {
         for (const float n = norm(row); float& x : row) x *= 3 / n;
       });
     }},
    {"the largest distance of a row's norm from 1",
     {50, 32},
     [](Values& v) {
       for_rows(v, [](auto row) {
         for (const float n = norm(row); float& x : row) x /= n;
       });
     }},
    {"the largest mean of a row",
     {50, 32},
     [](Values& v) {
       for_rows(v, [](auto row) {
         const float mean = std::accumulate(row.begin(), row.end(), 0.0F) / 32;
         for (float& x : row) x -= mean;
       });
     }},
    {"the largest cosine of two rows",
     {32, 32},
     [](Values& v) {
       std::fill(v.begin(), v.end(), 0.0F);
       for (std::size_t i = 0; i < 32; ++i) v[i * 32 + (i * 5 + 3) % 32] = 0.7F;
     }},
    {"the median gap between values",
     {50, 32},
     [](Values& v) {
       for (float& x : v) x = x > 0 ? 0.1F : -0.1F;
     }},
    {"the third smallest magnitude",
     {50, 32},
     [](Values& v) {
       for (std::size_t i = 0; i < v.size(); i += 7) v[i] = 0;
     }},
    {"the spread of the four values at an end",
     {50, 32},
     [](Values& v) {
       for (float& x : v) x = std::min(x, 0.25F);
     }},
    {"the share of values above 0",
     {50, 32},
     [](Values& v) {
       for (float& x : v) x = std::abs(x);
     }},
    {"the number of bits behind the point",
     {50, 32},
     [](Values& v) {
       for (float& x : v) x = std::round(x * 1024) / 1024;
     }},
    {"the share of values that follow a smaller one",
     {50, 32},
     [](Values& v) { std::sort(v.begin(), v.end()); }},
    {"the largest difference from its transpose",
     {32, 32},
     [](Values& v) {
       for (std::size_t r = 0; r < 32; ++r)
         for (std::size_t c = 0; c < r; ++c) v[c * 32 + r] = v[r * 32 + c];
     }},
    {"the largest difference from its mirror image",
     {8, 3, 3, 3},
     [](Values& v) {
       for (std::size_t i = 0; i < v.size(); i += 3) v[i + 2] = v[i];
     }},
};

INSTANTIATE_TEST_SUITE_P(All, TensorForms, testing::ValuesIn(kForms));

}  // namespace
}  // namespace amalgam
