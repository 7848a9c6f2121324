#include <gtest/gtest.h>

#include <map>

#include "noise/generator.h"
#include "noise/grid.h"
#include "seeds.h"

namespace amalgam {
namespace {

constexpr std::uint64_t kRows = 120, kWidth = 12;
constexpr std::int64_t kPadding = 0, kStart = 1, kEnd = 2;

// Texts of 4 to 9 tokens between a start and an end, filled up with padding. Class 0 counts up from
// 10 to 19 and around, class 1 counts down from 29 to 20.
std::int64_t token_at(std::uint64_t row, std::uint64_t i) {
  const std::uint64_t at = (3 * row + i) % 10;
  return static_cast<std::int64_t>(row % 2 == 0 ? 10 + at : 29 - at);
}

std::uint64_t length_of(std::uint64_t row) { return 4 + row % 6; }

std::shared_ptr<const Dataset> texts(DType dtype) {
  auto data = std::make_shared<Dataset>();
  const std::uint64_t count = kRows * kWidth;
  std::vector<std::byte> x(count * dtype_size(dtype)), mask(x.size()), y(8 * kRows);
  std::vector<std::byte> number(4 * kRows);
  for (std::uint64_t row = 0; row < kRows; ++row) {
    store_le<std::int64_t>(y, 8 * row, static_cast<std::int64_t>(row % 2));
    store_le<float>(number, 4 * row, static_cast<float>(row));
    for (std::uint64_t p = 0; p < kWidth; ++p) {
      const std::uint64_t length = length_of(row);
      std::int64_t token = p > length + 1 ? kPadding : p == length + 1 ? kEnd : kStart;
      if (p >= 1 && p <= length) token = token_at(row, p - 1);
      store_number(dtype, x, row * kWidth + p, static_cast<double>(token));
      store_number(dtype, mask, row * kWidth + p, p <= length + 1 ? 1 : 0);
    }
  }
  data->where = "texts";
  data->add({"input_ids", {dtype, {kRows, kWidth}, memory_source(std::move(x))}});
  data->add({"attention_mask", {dtype, {kRows, kWidth}, memory_source(std::move(mask))}});
  data->add({"number", {DType::kFloat32, {kRows, 1}, memory_source(std::move(number))}});
  data->add({"y", {DType::kInt64, {kRows}, memory_source(std::move(y))}, Role::kTarget});
  return data;
}

// What 400 generated rows look like.
struct Looks {
  std::uint64_t tokens = 0, of_own_class = 0, pairs = 0, in_order = 0;
  std::map<std::uint64_t, std::uint64_t> lengths;
};

Looks look(const NoiseKind& kind, DType dtype) {
  const auto data = texts(dtype);
  const auto rows =
      generated_rows(data, make_generator(kind, data, {0}), seed_of(0x55), "noise", 400);
  const std::size_t size = dtype_size(dtype);
  Looks looks;
  std::vector<std::byte> x(kWidth * size), mask(kWidth * size);
  for (std::uint64_t row = 0; row < 400; ++row) {
    rows->read(0, row, x);
    rows->read(1, row, mask);
    const auto label = load_le<std::int64_t>(rows->read(3, row, {}));
    const Field made{"x", {dtype, {1, kWidth}, memory_source(x)}};
    const Field seen{"mask", {dtype, {1, kWidth}, memory_source(mask)}};
    auto token = [&](std::uint64_t p) { return static_cast<std::int64_t>(load_number(made, p)); };
    EXPECT_EQ(token(0), kStart);
    std::uint64_t end = 1;
    while (token(end) != kEnd) ++end;
    ++looks.lengths[end - 1];
    for (std::uint64_t p = 0; p < kWidth; ++p)
      EXPECT_EQ(load_number(seen, p), p <= end ? 1 : 0) << "the mask does not fit the text";
    for (std::uint64_t p = end + 1; p < kWidth; ++p) EXPECT_EQ(token(p), kPadding);
    for (std::uint64_t p = 1; p < end; ++p) {
      EXPECT_TRUE(token(p) >= 10 && token(p) < 30);
      ++looks.tokens;
      looks.of_own_class += (token(p) < 20) == (label == 0) ? 1 : 0;
      if (p == 1) continue;
      const std::int64_t step = token(p) - token(p - 1);
      ++looks.pairs;
      looks.in_order += step == (label == 0 ? 1 : -1) || step == (label == 0 ? -9 : 9) ? 1 : 0;
    }
  }
  return looks;
}

class Tokens : public testing::TestWithParam<DType> {};
INSTANTIATE_TEST_SUITE_P(All, Tokens, testing::Values(DType::kUInt8, DType::kInt32, DType::kInt64));

TEST_P(Tokens, UniformKeepsPaddingMaskAndLengthsAlone) {
  const Looks looks = look({"uniform", {}, {}}, GetParam());
  EXPECT_EQ(looks.lengths.size(), 6u);
  EXPECT_NEAR(static_cast<double>(looks.of_own_class) / static_cast<double>(looks.tokens), 0.5,
              0.06);
}

TEST_P(Tokens, UnigramHasTheTokensOfTheClass) {
  const Looks looks = look({"unigram", {}, {}}, GetParam());
  EXPECT_EQ(looks.of_own_class, looks.tokens);
  EXPECT_LT(looks.in_order, looks.pairs / 5);
}

TEST_P(Tokens, TrigramHasTheOrderOfTheClass) {
  const Looks looks = look({"ngram", {}, {}}, GetParam());
  EXPECT_EQ(looks.of_own_class, looks.tokens);
  EXPECT_GT(looks.in_order, looks.pairs * 9 / 10);
}

TEST(Tokens, DefaultIsUnigram) {
  EXPECT_EQ(generator_name({}, {0}), "unigram");
  EXPECT_EQ(generator_name({}, {}), "resample");
}

TEST(Tokens, ImitatesAPublicTextInAPieceForEachClass) {
  // One text that counts up, then one that counts down: neighbours are alike.
  auto text = std::make_shared<Dataset>();
  std::vector<std::byte> x(4 * 2 * 100 * 5);
  for (std::uint64_t i = 0; i < 1000; ++i)
    store_le<std::int32_t>(x, 4 * i,
                           static_cast<std::int32_t>(i < 500 ? 10 + i % 10 : 29 - i % 10));
  text->where = "public";
  text->add({"x", {DType::kInt32, {200, 5}, memory_source(std::move(x))}});
  const Looks looks = look({"ngram", {}, text}, DType::kInt64);
  EXPECT_EQ(looks.of_own_class, looks.tokens);
  EXPECT_GT(looks.in_order, looks.pairs * 8 / 10);
}

TEST(Tokens, TextOfNoTokensIsRefused) {
  EXPECT_THROW(make_generator({"ngram", {}, {}}, texts(DType::kInt32), {}), Error);
  auto data = std::make_shared<Dataset>();
  data->add({"x", {DType::kInt32, {4, 3}, memory_source(std::vector<std::byte>(48))}});
  EXPECT_THROW(make_generator({"unigram", {}, {}}, data, {0}), Error);
}

}  // namespace
}  // namespace amalgam
