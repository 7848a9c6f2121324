// Numbers whose columns depend on each other by no straight line: real tables bend, and what is
// drawn of correlations alone (a gaussian copula) does not, whatever its columns' own values are.
#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "audit/attack.h"
#include "base/normal_quantile.h"

namespace amalgam {
namespace {

using Matrix = Eigen::MatrixXf;  // [rows, columns]

// Columns that are looked at; rows of a class of which scores say something.
constexpr std::uint64_t kMostColumns = 16;
constexpr std::size_t kLeastRows = 16;
// Scores of a column that hardly varies, and what is added to correlations so that each column can
// be regressed on the others.
constexpr float kLeastDeviation = 0.5F, kRidge = 0.05F;

// Those that have another value than the row before in the most rows: what hardly varies has few
// ranks. Equal ones in their order.
std::vector<std::uint64_t> varied_columns(const StreamSample& sample) {
  std::vector<std::uint64_t> changes(sample.width), columns;
  for (std::uint64_t r = 1; r < sample.rows; ++r)
    for (std::uint64_t i = 0; i < sample.width; ++i)
      changes[i] += sample.row(r)[i] != sample.row(r - 1)[i] ? 1 : 0;
  for (std::uint64_t i = 0; i < sample.width; ++i)
    if (changes[i] > 0) columns.push_back(i);
  std::stable_sort(columns.begin(), columns.end(),
                   [&](std::uint64_t a, std::uint64_t b) { return changes[a] > changes[b]; });
  if (columns.size() > kMostColumns) columns.resize(kMostColumns);
  return columns;
}

// Rows by class; all of them where no class has enough.
std::vector<std::vector<std::uint64_t>> classes_of(const StreamSample& sample) {
  std::map<std::int64_t, std::vector<std::uint64_t>> by_label;
  for (std::uint64_t r = 0; r < sample.labels.size(); ++r) by_label[sample.labels[r]].push_back(r);
  std::vector<std::vector<std::uint64_t>> classes;
  for (auto& [label, rows] : by_label)
    if (rows.size() >= kLeastRows) classes.push_back(std::move(rows));
  if (!classes.empty()) return classes;
  std::vector<std::uint64_t> all(sample.rows);
  std::iota(all.begin(), all.end(), 0);
  return {all};
}

// Mean ranks as quantiles of the normal distribution, with mean 0 and variance 1; all 0 where ties
// leave too little of them. Which values a column has does not matter then.
class Scores {
 public:
  explicit Scores(std::size_t rows) : quantiles_(2 * rows + 1), order_(rows) {
    for (std::size_t i = 2; i <= 2 * rows; ++i)
      quantiles_[i] = static_cast<float>(
          normal_quantile(static_cast<double>(i) / 2 / (static_cast<double>(rows) + 1)));
  }

  template <typename Value>
  Eigen::VectorXf of(Value value) {
    const std::size_t rows = order_.size();
    for (std::size_t r = 0; r < rows; ++r) order_[r] = {value(r), r};
    std::sort(order_.begin(), order_.end());
    Eigen::VectorXf scores(static_cast<Eigen::Index>(rows));
    for (std::size_t first = 0, end = 0; first < rows; first = end) {
      while (end < rows && order_[end].first == order_[first].first) ++end;
      for (std::size_t i = first; i < end; ++i)
        scores[static_cast<Eigen::Index>(order_[i].second)] = quantiles_[first + 1 + end];
    }
    scores.array() -= scores.mean();
    const float deviation = scores.norm() / std::sqrt(static_cast<float>(rows));
    if (deviation < kLeastDeviation) return Eigen::VectorXf::Zero(scores.size());
    return scores / deviation;
  }

 private:
  std::vector<float> quantiles_;  // by twice the rank
  std::vector<std::pair<float, std::size_t>> order_;
};

Matrix scores_of(const StreamSample& sample, const std::vector<std::uint64_t>& columns,
                 const std::vector<std::uint64_t>& rows) {
  Matrix z(static_cast<Eigen::Index>(rows.size()), static_cast<Eigen::Index>(columns.size()));
  Scores scores(rows.size());
  for (std::size_t c = 0; c < columns.size(); ++c)
    z.col(static_cast<Eigen::Index>(c)) =
        scores.of([&](std::size_t r) { return sample.row(rows[r])[columns[c]]; });
  return z;
}

// The mean square beside the diagonal, in units of what chance leaves of so many rows.
double beside_diagonal(const Matrix& products, float chance, Eigen::Index rows) {
  const auto pairs = static_cast<float>(products.rows() * (products.rows() - 1));
  const float squares = products.squaredNorm() - products.diagonal().squaredNorm();
  return static_cast<double>(squares / pairs * static_cast<float>(rows) / chance);
}

// How far squares go with scores and with squares, beyond what correlated normal variables have:
// nothing of the first, and twice the squared correlation of the second. Both about 1 by chance.
struct Bent {
  double scores = 0, squares = 0, weight = 0;

  void add(const Matrix& z) {
    const Eigen::Index rows = z.rows();
    const auto count = static_cast<float>(rows);
    Matrix square = z.cwiseAbs2();
    square.rowwise() -= square.colwise().mean().eval();
    const Matrix linear = z.transpose() * z / count;
    const Matrix third = square.transpose() * z / count;
    const Matrix fourth =
        (square.transpose() * square / count).array() - 2 * linear.array().square();
    scores += count * beside_diagonal(third, 2, rows);
    squares += count * beside_diagonal(fourth, 4, rows);
    weight += static_cast<double>(rows);
  }
};

// What is left of each column when the others have said what they can by a straight line: how far
// it goes with their squares (a curve), and its own square with theirs (an uneven spread).
struct Left {
  double curves = 0, spread = 0;

  explicit Left(const Matrix& z) {
    const auto count = static_cast<float>(z.rows());
    Matrix linear = z.transpose() * z / count;
    linear.diagonal().array() += kRidge;
    const Matrix inverse = linear.llt().solve(Matrix::Identity(linear.rows(), linear.cols()));
    Matrix left = z * inverse * inverse.diagonal().cwiseInverse().asDiagonal();
    Matrix square = z.cwiseAbs2();
    standardise(left), standardise(square);
    curves = beside_diagonal(left.transpose() * square / count, 1, z.rows());
    left = left.cwiseAbs2().eval();
    standardise(left);
    spread = beside_diagonal(left.transpose() * square / count, 1, z.rows());
  }

 private:
  static void standardise(Matrix& columns) {
    columns.rowwise() -= columns.colwise().mean().eval();
    for (Eigen::Index c = 0; c < columns.cols(); ++c)
      if (const float norm = columns.col(c).norm(); norm > 1e-6F)
        columns.col(c) *= std::sqrt(static_cast<float>(columns.rows())) / norm;
  }
};

class Bends : public Attack {
 public:
  std::string_view name() const override { return "bends"; }
  std::string_view sees() const override {
    return "of numbers, by class: whether columns depend on each other beyond what correlations of "
           "ranks say, in curves or in uneven spread";
  }
  bool applies(SampleKind kind) const override { return kind == SampleKind::kVector; }
  std::vector<std::string> statistics() const override {
    return {"bends", "squares with scores", "squares with squares", "curves", "uneven spread"};
  }
  // What is made up follows a simple law.
  int naive() const override { return 1; }

  std::vector<double> measure(const StreamSample& sample) const override {
    const std::vector<std::uint64_t> columns = varied_columns(sample);
    if (columns.size() < 2 || sample.rows < kLeastRows) return {0, 0, 0, 0, 0};
    std::vector<Matrix> classes;
    Bent bent;
    for (const auto& rows : classes_of(sample)) {
      classes.push_back(scores_of(sample, columns, rows));
      bent.add(classes.back());
    }
    Matrix all(static_cast<Eigen::Index>(bent.weight), classes.front().cols());
    for (Eigen::Index at = 0; const Matrix& z : classes)
      all.middleRows(at, z.rows()) = z, at += z.rows();
    const Left left(all);
    const double scores = bent.scores / bent.weight, squares = bent.squares / bent.weight;
    return {std::log1p(scores + squares), std::log1p(scores), std::log1p(squares),
            std::log1p(left.curves), std::log1p(left.spread)};
  }
};

}  // namespace

std::unique_ptr<Attack> make_bends() { return std::make_unique<Bends>(); }

}  // namespace amalgam
