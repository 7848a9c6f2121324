#include "noise/score_correlation.h"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <optional>

#include "base/normal_quantile.h"

namespace amalgam {
namespace {

using Matrix = Eigen::MatrixXd;

constexpr std::size_t kTerms = 32;
constexpr int kHalvings = 30;
constexpr double kTied = 0.02;      // of the rows have one value: a tie that hides something
constexpr double kNothing = 1e-10;  // a variance that rounding leaves
constexpr double kWrong = 1e-4;     // a covariance that it does not

// A function of a normal variable as a sum of Hermite polynomials, which are orthonormal. Of two
// functions, of variables with the correlation r, the covariance is the sum of r^k a_k b_k
// (Mehler 1866).
using Series = std::array<double, kTerms>;  // from the first power on

bool has_ties(std::span<const double> values) {
  const auto many = static_cast<std::size_t>(kTied * static_cast<double>(values.size())) + 1;
  for (std::size_t i = many; i < values.size(); ++i)
    if (values[i] == values[i - many]) return true;
  return false;
}

std::array<double, kTerms + 1> square_roots() {
  std::array<double, kTerms + 1> roots{};
  for (std::size_t k = 0; k < roots.size(); ++k) roots[k] = std::sqrt(static_cast<double>(k));
  return roots;
}

// Of the score of the column's rank, over its deviation; nothing where that is almost the variable
// itself.
std::optional<Series> series_of(const Marginal& column) {
  static const std::array<double, kTerms + 1> roots = square_roots();
  const std::span<const double> values = column.values();
  const auto count = static_cast<double>(values.size());
  if (!has_ties(values)) return std::nullopt;
  Series series{};
  double variance = 0, mean = 0;
  Series below{};  // of density and polynomials at a tie's lower end
  for (std::size_t i = 0, end = 0; i < values.size(); i = end) {
    while (end < values.size() && values[end] == values[i]) ++end;
    const auto low = static_cast<double>(i), high = static_cast<double>(end);
    const double score = normal_quantile((low + high) / 2 / count);
    mean += score * (high - low) / count;
    variance += score * score * (high - low) / count;
    Series above{};
    if (end < values.size()) {
      const double z = normal_quantile(high / count);
      above[0] = std::exp(-z * z / 2) * std::numbers::inv_sqrtpi / std::numbers::sqrt2;
      above[1] = z * above[0];
      for (std::size_t k = 1; k + 1 < kTerms; ++k)
        above[k + 1] = (z * above[k] - roots[k] * above[k - 1]) / roots[k + 1];
    }
    for (std::size_t k = 0; k < kTerms; ++k) series[k] += score * (below[k] - above[k]);
    below = above;
  }
  const double deviation = std::sqrt(std::max(kNothing, variance - mean * mean));
  for (std::size_t k = 0; k < kTerms; ++k) series[k] /= deviation * roots[k + 1];
  return series;
}

double correlation_at(double behind, const Series& a, const Series& b) {
  double sum = 0;
  for (std::size_t k = kTerms; k-- > 0;) sum = (sum + a[k] * b[k]) * behind;
  return sum;
}

// It grows with what lies behind it.
double behind(double seen, const std::optional<Series>& a, const std::optional<Series>& b) {
  if (!a && !b) return seen;
  if (!a || !b) return std::clamp(seen / (a ? *a : *b)[0], -1.0, 1.0);
  double low = -1, high = 1;
  if (seen >= correlation_at(1, *a, *b)) return 1;
  if (seen <= correlation_at(-1, *a, *b)) return -1;
  for (int i = 0; i < kHalvings; ++i) {
    const double middle = (low + high) / 2;
    (correlation_at(middle, *a, *b) < seen ? low : high) = middle;
  }
  return (low + high) / 2;
}

struct Triangle {
  Matrix of;
  bool exact = true;  // false: the matrix is not positive semidefinite
};

Triangle semidefinite_triangle(const Matrix& of) {
  Triangle triangle{Matrix::Zero(of.rows(), of.cols())};
  for (Eigen::Index j = 0; j < of.cols(); ++j) {
    const Eigen::Index below = of.rows() - j;
    const Eigen::VectorXd rest = of.col(j).tail(below) - triangle.of.bottomLeftCorner(below, j) *
                                                             triangle.of.row(j).head(j).transpose();
    if (rest[0] > kNothing)
      triangle.of.col(j).tail(below) = rest / std::sqrt(rest[0]);
    else
      triangle.exact = triangle.exact && rest.cwiseAbs().maxCoeff() < kWrong;
  }
  return triangle;
}

}  // namespace

Correlation correlation_behind(const std::vector<Marginal>& columns, const Matrix& scores) {
  const Eigen::Index width = scores.cols();
  Correlation correlation{Matrix::Identity(width, width), Eigen::VectorXd::Zero(width),
                          static_cast<double>(scores.rows())};
  Matrix centred = scores.rowwise() - scores.colwise().mean();
  std::vector<std::optional<Series>> series;
  for (Eigen::Index i = 0; i < width; ++i) {
    const double size = centred.col(i).norm();
    if (size > kNothing) centred.col(i) /= size, correlation.varies[i] = 1;
    series.push_back(series_of(columns[static_cast<std::size_t>(i)]));
  }
  const Matrix seen = centred.transpose() * centred;
  for (Eigen::Index i = 0; i < width; ++i)
    for (Eigen::Index j = 0; j < i; ++j) {
      const auto a = static_cast<std::size_t>(i), b = static_cast<std::size_t>(j);
      if (correlation.varies[i] * correlation.varies[j] == 0) continue;
      correlation.of(i, j) = correlation.of(j, i) = behind(seen(i, j), series[a], series[b]);
    }
  return correlation;
}

void CorrelationMean::add(const Correlation& one) {
  const Matrix weight = one.rows * one.varies * one.varies.transpose();
  if (rows_ == 0) sum_ = weights_ = Matrix::Zero(weight.rows(), weight.cols());
  sum_ += one.of.cwiseProduct(weight);
  weights_ += weight;
  rows_ += one.rows;
}

Correlation CorrelationMean::mean() const {
  Correlation mean{sum_.cwiseQuotient(weights_.cwiseMax(1)), weights_.diagonal().cwiseMin(1),
                   rows_};
  mean.of.diagonal().setOnes();
  return mean;
}

void shrink(Correlation& correlation, const Matrix& towards) {
  double chance = 0, apart = 0;
  const Matrix& own = correlation.of;
  for (Eigen::Index i = 0; i < own.cols(); ++i)
    for (Eigen::Index j = 0; j < i; ++j) {
      const double rest = 1 - own(i, j) * own(i, j), difference = own(i, j) - towards(i, j);
      chance += rest * rest / std::max(1.0, correlation.rows - 1);
      apart += difference * difference;
    }
  const double part = apart > chance ? chance / apart : 1;
  correlation.of = (1 - part) * own + part * towards;
}

Matrix triangle_of(const Correlation& correlation) {
  Triangle triangle = semidefinite_triangle(correlation.of);
  if (triangle.exact) return std::move(triangle.of);
  const Eigen::SelfAdjointEigenSolver<Matrix> solver(correlation.of);
  const Matrix half =
      solver.eigenvectors() * solver.eigenvalues().cwiseMax(0).cwiseSqrt().asDiagonal();
  const Matrix rows = half.rowwise().normalized();
  return semidefinite_triangle(rows * rows.transpose()).of;
}

}  // namespace amalgam
