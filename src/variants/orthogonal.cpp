#include "variants/orthogonal.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>

namespace amalgam {
namespace {

using Matrix = Eigen::MatrixXd;

// Factoring more than this takes longer than anybody waits.
constexpr std::uint64_t kMostValues = std::uint64_t{1} << 22;
constexpr std::uint64_t kLeastVectors = 2, kLeastValues = 16;
constexpr double kRounding = 1e-5;
// Vectors that are held against each other in a matrix that is only looked at.
constexpr std::uint64_t kFew = 16;

// Vectors that should be orthogonal, as columns.
Matrix vectors_of(const TensorRows& rows, std::uint64_t most) {
  const std::uint64_t width = rows.width();
  const bool by_row = rows.rows < width;
  const std::uint64_t count = std::min(by_row ? rows.rows : width, most);
  const auto at = [](std::uint64_t i) { return static_cast<Eigen::Index>(i); };
  Matrix vectors(at(by_row ? width : rows.rows), at(count));
  for (std::uint64_t r = 0; r < (by_row ? count : rows.rows); ++r) {
    const std::vector<float> values = read_values(rows, r * width, width);
    for (std::uint64_t c = 0; c < (by_row ? width : count); ++c)
      vectors(at(by_row ? c : r), at(by_row ? r : c)) = static_cast<double>(values[c]);
  }
  return vectors;
}

std::optional<double> gain_of(const Matrix& vectors) {
  const double square = vectors.col(0).squaredNorm();
  if (!(square > 0) || !std::isfinite(square)) return std::nullopt;
  const Matrix products = vectors.transpose() * vectors / square;
  const double off =
      (products - Matrix::Identity(products.rows(), products.cols())).cwiseAbs().maxCoeff();
  if (!(off < kRounding)) return std::nullopt;
  return std::sqrt(square);
}

std::uint64_t vectors_in(const TensorRows& rows) { return std::min(rows.rows, rows.width()); }

}  // namespace

bool looks_orthogonal(const TensorRows& rows) {
  return vectors_in(rows) >= kLeastVectors && rows.count() >= kLeastValues &&
         gain_of(vectors_of(rows, kFew)).has_value();
}

std::optional<double> orthogonal_gain(const TensorRows& rows) {
  if (rows.count() > kMostValues || !looks_orthogonal(rows)) return std::nullopt;
  const auto gain = gain_of(vectors_of(rows, vectors_in(rows)));
  if (!gain) return std::nullopt;
  // A gain is mostly a number of few digits.
  const double near = std::round(*gain * 1e4) / 1e4;
  return std::abs(near / *gain - 1) < kRounding ? near : gain;
}

std::vector<float> draw_orthogonal(std::uint64_t rows, std::uint64_t width, double gain,
                                   RandomStream& random) {
  const bool by_row = rows < width;
  const auto longer = static_cast<Eigen::Index>(std::max(rows, width));
  const auto fewer = static_cast<Eigen::Index>(std::min(rows, width));
  Matrix normal(longer, fewer);
  for (Eigen::Index c = 0; c < fewer; ++c)
    for (Eigen::Index r = 0; r < longer; ++r) normal(r, c) = random.normal();
  const Eigen::HouseholderQR<Matrix> factors(normal);
  Matrix vectors = factors.householderQ() * Matrix::Identity(longer, fewer);
  for (Eigen::Index c = 0; c < fewer; ++c)
    if (factors.matrixQR()(c, c) < 0) vectors.col(c) = -vectors.col(c);
  std::vector<float> values(rows * width);
  for (std::uint64_t r = 0; r < rows; ++r)
    for (std::uint64_t c = 0; c < width; ++c)
      values[r * width + c] =
          static_cast<float>(gain * vectors(static_cast<Eigen::Index>(by_row ? c : r),
                                            static_cast<Eigen::Index>(by_row ? r : c)));
  return values;
}

}  // namespace amalgam
