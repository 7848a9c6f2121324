#include "audit/thumbnails.h"

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "audit/attacks/pixels.h"
#include "base/parallel.h"

namespace amalgam {
namespace {

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Rows = Eigen::Map<const Matrix>;

constexpr std::uint64_t kBlock = 256;

// How much of pixel i lies in each cell, by where it begins; a mirror image has the mirrored cells.
Matrix shares(std::uint64_t pixels) {
  Matrix share =
      Matrix::Zero(static_cast<Eigen::Index>(Thumbnails::kSide), static_cast<Eigen::Index>(pixels));
  const double cell = static_cast<double>(pixels) / static_cast<double>(Thumbnails::kSide);
  for (Eigen::Index c = 0; c < share.rows(); ++c)
    for (Eigen::Index i = 0; i < share.cols(); ++i) {
      const double from = std::max(static_cast<double>(i), static_cast<double>(c) * cell);
      const double to = std::min(static_cast<double>(i + 1), static_cast<double>(c + 1) * cell);
      share(c, i) = static_cast<float>(std::max(0.0, to - from) / cell);
    }
  return share;
}

Matrix mirrored(const Rows& rows) {
  Matrix out(rows.rows(), rows.cols());
  const auto side = static_cast<Eigen::Index>(Thumbnails::kSide);
  for (Eigen::Index i = 0; i < rows.cols(); ++i)
    out.col(i) = rows.col(i / side * side + side - 1 - i % side);
  return out;
}

// The columns in which more than two values occur.
std::vector<std::uint64_t> graded_columns(const StreamSample& sample) {
  std::vector<std::uint64_t> columns;
  for (std::uint64_t i = 0; i < sample.width && columns.size() < Thumbnails::kMostColumns; ++i) {
    std::set<float> values;
    for (std::uint64_t r = 0; r < sample.rows && values.size() <= 2; ++r)
      values.insert(sample.row(r)[i]);
    if (values.size() > 2) columns.push_back(i);
  }
  return columns;
}

Thumbnails numbers_of(const StreamSample& sample) {
  Thumbnails small;
  const std::vector<std::uint64_t> columns = graded_columns(sample);
  if (columns.size() < Thumbnails::kLeastColumns) return small;
  small.rows = sample.rows, small.width = columns.size();
  small.values.resize(small.rows * small.width);
  for (std::uint64_t c = 0; c < columns.size(); ++c) {
    Moments column;
    for (std::uint64_t r = 0; r < sample.rows; ++r)
      column.add(static_cast<double>(sample.row(r)[columns[c]]));
    const double scale = 1 / std::max(1e-30, std::sqrt(column.variance()));
    for (std::uint64_t r = 0; r < sample.rows; ++r)
      small.values[r * small.width + c] = static_cast<float>(
          (static_cast<double>(sample.row(r)[columns[c]]) - column.mean()) * scale);
  }
  return small;
}

float root_of_part(float square, float far) {
  return far > 0 ? std::sqrt(std::max(0.0F, square) / far) : 1;
}

}  // namespace

Thumbnails thumbnails(const StreamSample& sample) {
  Thumbnails small;
  if (sample.kind == SampleKind::kVector) return numbers_of(sample);
  if (sample.kind != SampleKind::kImage) return small;
  const Planes& planes = sample.planes;
  const Matrix down = shares(planes.height), across = shares(planes.width).transpose();
  small.image = true;
  small.rows = sample.rows;
  small.width = Thumbnails::kSide * Thumbnails::kSide;
  small.values.resize(small.rows * small.width);
  Matrix grey(planes.height, planes.width);
  for (std::uint64_t r = 0; r < sample.rows; ++r) {
    grey.setZero();
    for (std::uint64_t c = 0; c < planes.channels; ++c)
      grey +=
          Rows(sample.row(r).data() + c * planes.area(), static_cast<Eigen::Index>(planes.height),
               static_cast<Eigen::Index>(planes.width));
    Eigen::Map<Matrix>(small.values.data() + r * small.width,
                       static_cast<Eigen::Index>(Thumbnails::kSide),
                       static_cast<Eigen::Index>(Thumbnails::kSide)) = down * grey * across;
  }
  return small;
}

NearestCopies nearest_copies(const Thumbnails& thumbnails, unsigned threads) {
  const auto count = static_cast<Eigen::Index>(thumbnails.rows);
  const Rows rows(thumbnails.values.data(), count, static_cast<Eigen::Index>(thumbnails.width));
  // Distances lose less where values lie around 0.
  const Matrix centred = rows.rowwise() - rows.colwise().mean();
  const Rows all(centred.data(), count, centred.cols());
  const Matrix mirror = thumbnails.image ? mirrored(all) : centred;
  const Eigen::VectorXf norms = centred.rowwise().squaredNorm();
  const Eigen::VectorXf mirror_norms = mirror.rowwise().squaredNorm();
  NearestCopies found{std::vector<float>(thumbnails.rows), std::vector<float>(thumbnails.rows)};
  parallel_blocks(threads, (thumbnails.rows + kBlock - 1) / kBlock, [&](std::uint64_t block) {
    const auto first = static_cast<Eigen::Index>(block * kBlock);
    const Eigen::Index size =
        std::min<Eigen::Index>(static_cast<Eigen::Index>(kBlock), count - first);
    const auto own = centred.middleRows(first, size);
    Matrix plain = own * centred.transpose(), turned = own * mirror.transpose();
    for (Eigen::Index r = 0; r < size; ++r) {
      const Eigen::Index row = first + r;
      Eigen::RowVectorXf to = norms.transpose().array() + norms[row] - 2 * plain.row(r).array();
      Eigen::RowVectorXf to_mirror =
          mirror_norms.transpose().array() + norms[row] - 2 * turned.row(r).array();
      to[row] = to_mirror[row] = std::numeric_limits<float>::infinity();
      const float nearest = to.minCoeff(), nearest_mirror = to_mirror.minCoeff();
      float* const end = to.data() + NearestCopies::kFar - 1;
      std::nth_element(to.data(), end, to.data() + count);
      const auto at = static_cast<std::size_t>(row);
      found.copy[at] = root_of_part(nearest, *end);
      found.mirrored[at] = root_of_part(nearest_mirror, *end);
    }
  });
  return found;
}

}  // namespace amalgam
