// What counts as a difference between two trainings, and what no bound allows.
#include "verify/compare.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "values.h"

namespace amalgam {
namespace {

using testing::HasSubstr;

template <typename T>
NamedTensor tensor(const std::string& name, DType dtype, const std::vector<T>& values) {
  return {name, tensor_of(dtype, values)};
}

NamedTensor floats(const std::string& name, const std::vector<float>& values) {
  return tensor(name, DType::kFloat32, values);
}

TEST(Compare, EqualBitsAreNoDifference) {
  const std::vector<NamedTensor> one = {floats("a", {1, NAN, INFINITY}),
                                        tensor<std::int64_t>("n", DType::kInt64, {3})};
  const Comparison same = compare(one, one);
  EXPECT_EQ(same.tensors, 2u);
  EXPECT_EQ(same.identical, 2u);
  EXPECT_TRUE(same.differences.empty());
  EXPECT_EQ(same.distance(), 0);
}

TEST(Compare, MeasuresNumbers) {
  const Comparison found = compare({floats("a", {1, 2}), floats("b", {0}), floats("c", {5})},
                                   {floats("a", {4, -2}), floats("b", {12}), floats("c", {5})});
  ASSERT_EQ(found.differences.size(), 2u);
  EXPECT_EQ(found.identical, 1u);
  EXPECT_EQ(found.differences[0].largest, 4);
  EXPECT_EQ(found.differences[0].norm, 5);
  EXPECT_TRUE(found.comparable());
  EXPECT_EQ(found.distance(), 13);
  EXPECT_EQ(largest_text(found), "12 (b)");
}

TEST(Compare, MeasuresOtherDTypes) {
  const Comparison counters = compare({tensor<std::int64_t>("n", DType::kInt64, {3})},
                                      {tensor<std::int64_t>("n", DType::kInt64, {5})});
  EXPECT_EQ(counters.differences.at(0).largest, 2);
  const Comparison wide = compare({tensor<double>("d", DType::kFloat64, {1})},
                                  {tensor<double>("d", DType::kFloat64, {1.5})});
  EXPECT_EQ(wide.differences.at(0).largest, 0.5);
  const Comparison brain = compare({tensor<std::uint16_t>("h", DType::kBFloat16, {0x3f80})},
                                   {tensor<std::uint16_t>("h", DType::kBFloat16, {0x4000})});
  EXPECT_EQ(brain.differences.at(0).largest, 1);
  const Comparison flags = compare({tensor<std::uint8_t>("f", DType::kBool, {0})},
                                   {tensor<std::uint8_t>("f", DType::kBool, {1})});
  EXPECT_FALSE(flags.comparable());
}

// Each of these is one difference that has no number, which no bound can allow.
TEST(Compare, WhatHasNoNumber) {
  const auto what = [](const std::vector<NamedTensor>& found,
                       const std::vector<NamedTensor>& expected) {
    const Comparison comparison = compare(found, expected);
    EXPECT_FALSE(comparison.comparable());
    EXPECT_TRUE(std::isinf(comparison.distance()));
    EXPECT_EQ(comparison.differences.size(), 1u);
    return comparison.differences.at(0).tensor + " " + comparison.differences.at(0).what;
  };
  const NamedTensor a = floats("a", {1, 2});
  EXPECT_EQ(what({}, {a}), "a is missing");
  EXPECT_EQ(what({a, floats("b", {1})}, {a}), "b is a tensor that plain training does not have");
  EXPECT_THAT(what({floats("a", {1})}, {a}), HasSubstr("is float32 [1], plain training gives"));
  EXPECT_THAT(what({tensor<double>("a", DType::kFloat64, {1, 2})}, {a}),
              HasSubstr("is float64 [2], plain training gives float32 [2]"));
  EXPECT_THAT(what({floats("a", {1, NAN})}, {a}), HasSubstr("is nan in element 1"));
  EXPECT_THAT(what({floats("a", {INFINITY, 2})}, {a}), HasSubstr("is inf in element 0"));
  EXPECT_THAT(what({a}, {floats("a", {1, -INFINITY})}), HasSubstr("plain training gives -inf"));
  EXPECT_THAT(what({floats("a", {INFINITY, 2})}, {floats("a", {-INFINITY, 2})}), HasSubstr("inf"));
}

TEST(VerifiedTask, HoldsWithinWhatHonestRunsDoAndNotWhereTheyAreEqual) {
  VerifiedTask task;
  EXPECT_TRUE(task.holds());
  task.differences.push_back({"a", 1e-6, 1e-6, ""});
  task.distance = 1e-6;
  task.weakened_by.push_back("something");
  EXPECT_FALSE(task.holds());
  task.bound = HonestBound{1e-6, 4e-6};
  EXPECT_TRUE(task.holds());
  task.distance = 5e-6;
  EXPECT_FALSE(task.holds());
  // Zeros of another sign have no distance, and are not the same bits.
  task.distance = 0;
  task.bound = HonestBound{0, 0};
  EXPECT_FALSE(task.holds());
  task.distance = INFINITY;
  task.bound = HonestBound{1, 4};
  EXPECT_FALSE(task.holds());
}

}  // namespace
}  // namespace amalgam
