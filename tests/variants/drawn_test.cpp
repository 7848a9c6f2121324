// Values that are drawn anew, and what is told of them in turn.
#include "variants/drawn.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "seeds.h"
#include "values.h"
#include "variants/recognise.h"

namespace amalgam {
namespace {

Tensor drawn(const std::vector<FormRows>& rows, const Shape& shape, const std::string& name = "a") {
  return {DType::kFloat32, shape,
          drawn_values(rows, shape, std::make_shared<const Secret>(seed_of(0x21)), name)};
}

std::vector<float> in_pieces(const Tensor& tensor, std::size_t piece) {
  std::vector<float> out(element_count(tensor.shape));
  const MutableBytes bytes = std::as_writable_bytes(std::span(out));
  for (std::size_t at = 0; at < bytes.size(); at += piece)
    tensor.source->read(at, bytes.subspan(at, std::min(piece, bytes.size() - at)));
  return out;
}

double deviation(const std::vector<float>& values) {
  double squares = 0;
  for (const float v : values) squares += static_cast<double>(v) * static_cast<double>(v);
  return std::sqrt(squares / static_cast<double>(values.size()));
}

// Of the bits, in their order.
std::uint64_t digest(const Tensor& tensor) {
  std::uint64_t sum = 0;
  for (const std::uint32_t bits : values_of<std::uint32_t>(tensor)) sum = sum * 31 + bits;
  return sum;
}

TEST(Drawn, AreTheSameBitsOnEveryProcessor) {
  const Shape shape = {50, 3000};
  EXPECT_EQ(digest(drawn({{50, Form::uniform(-0.1f, 0.2f)}}, shape)), 9568049059570715625u);
  EXPECT_EQ(digest(drawn({{50, Form::normal(0.02)}}, shape)), 9428266897779296106u);
  EXPECT_EQ(digest(drawn({{50, Form::truncated(0.02, 0.04)}}, shape)), 16306723580859794152u);
}

TEST(Drawn, AreTheSameInPiecesOfAnySize) {
  const std::vector<FormRows> rows = {
      {100, Form::normal(1)}, {1, Form::constant(3)}, {899, Form::uniform(-1, 2)}};
  const Tensor tensor = drawn(rows, {1000, 300});
  const auto whole = values_of<float>(tensor);
  EXPECT_EQ(whole, in_pieces(tensor, 4096));
  EXPECT_EQ(whole, in_pieces(tensor, 1204));
  EXPECT_EQ(whole, in_pieces(tensor, 1'000'004));
  EXPECT_NE(whole, values_of<float>(drawn(rows, {1000, 300}, "b")));
  EXPECT_EQ(whole[100 * 300], 3);
  EXPECT_EQ(whole[101 * 300 - 1], 3);
  EXPECT_LE(*std::max_element(whole.begin() + 101 * 300, whole.end()), 1);
}

TEST(Drawn, HaveTheirForm) {
  const auto normal = values_of<float>(drawn({{512, Form::normal(0.02)}}, {512, 512}));
  EXPECT_NEAR(deviation(normal), 0.02, 2e-4);
  const auto cut = values_of<float>(drawn({{512, Form::truncated(0.02, 0.04)}}, {512, 512}));
  EXPECT_LE(*std::max_element(cut.begin(), cut.end()), 0.04f);
  EXPECT_GT(*std::max_element(cut.begin(), cut.end()), 0.0399f);
  EXPECT_NEAR(deviation(cut), 0.02 * 0.8796, 2e-4);  // of a normal distribution cut at two
  const auto uniform = values_of<float>(drawn({{512, Form::uniform(-0.5f, 1)}}, {512, 512}));
  EXPECT_NEAR(deviation(uniform), 0.5 / std::sqrt(3.0), 1e-3);
}

TEST(Drawn, OrthogonalRowsOrColumns) {
  for (const Shape& shape : {Shape{40, 40}, Shape{20, 60}, Shape{60, 20}}) {
    const Tensor tensor = drawn({{shape[0], Form::orthogonal(1.5)}}, shape);
    const Recognised found = recognise(tensor, {});
    EXPECT_EQ(found.sureness, Sureness::kRounded) << to_string(shape);
    EXPECT_EQ(found.rows, (std::vector<FormRows>{{shape[0], Form::orthogonal(1.5)}}));
  }
}

TEST(Drawn, NormsAreThoseOfTheRows) {
  const Tensor tensor = drawn({{3, Form::normal(1)}}, {3, 4});
  const auto values = values_of<float>(tensor);
  Tensor norms = {DType::kFloat32, {3, 1}, norms_of_rows(tensor)};
  const auto found = values_of<float>(norms);
  for (std::size_t r = 0; r < 3; ++r) {
    double square = 0;
    for (std::size_t c = 0; c < 4; ++c)
      square += std::pow(static_cast<double>(values[4 * r + c]), 2);
    EXPECT_FLOAT_EQ(found[r], static_cast<float>(std::sqrt(square)));
  }
}

}  // namespace
}  // namespace amalgam
