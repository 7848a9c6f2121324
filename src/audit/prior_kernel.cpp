#include "audit/prior_kernel.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <set>

namespace amalgam {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr std::uint64_t kGrid = 4, kDirections = 8, kLevels = 4, kGreys = 16;
constexpr double kFarthest = 5;  // of a vector's value, in deviations
constexpr Index kColumnsAtOnce = 512;

Index index(std::uint64_t i) { return static_cast<Index>(i); }

// Samples and rows as one list.
class Both {
 public:
  Both(const StreamSample& samples, const StreamSample& rows) : samples_(samples), rows_(rows) {}
  std::uint64_t size() const { return samples_.rows + rows_.rows; }
  std::span<const float> operator[](std::uint64_t i) const {
    return i < samples_.rows ? samples_.row(i) : rows_.row(i - samples_.rows);
  }

 private:
  const StreamSample &samples_, &rows_;
};

// Squared distances of rows, a part of their features at a time; each part counts as much as the
// next, whatever its unit and its number of features.
class Distances {
 public:
  explicit Distances(std::uint64_t rows) : sum_(MatrixXd::Zero(index(rows), index(rows))) {}

  void add(MatrixXd part) {
    part.rowwise() -= VectorXd(part.colwise().mean()).transpose();
    const double spread = part.rowwise().squaredNorm().mean();
    parts_ += 1;
    if (spread > 0) add_centred(part / std::sqrt(spread));
  }
  // Columns that are of one unit already, `share` of a part.
  void add_centred(const MatrixXd& part) {
    const VectorXd squares = part.rowwise().squaredNorm();
    sum_.noalias() -= 2 * part * part.transpose();
    sum_.colwise() += squares;
    sum_.rowwise() += squares.transpose();
  }
  void count_part() { parts_ += 1; }

  // A gaussian of the mean over parts, where two rows drawn at random are 2 apart.
  MatrixXd kernel() const { return (sum_.array() / -std::max(1.0, parts_)).exp().matrix(); }

 private:
  MatrixXd sum_;
  double parts_ = 0;
};

// What an image looks like from far away.
class ImageFeatures {
 public:
  ImageFeatures(const Both& images, const Planes& planes) : images_(images), planes_(planes) {
    for (std::uint64_t i = 0; i < images.size(); ++i) {
      const auto [low, high] = std::minmax_element(images[i].begin(), images[i].end());
      least_ = std::min(least_, static_cast<double>(*low));
      most_ = std::max(most_, static_cast<double>(*high));
    }
  }

  MatrixXd kernel() const {
    const Index n = index(images_.size());
    const std::uint64_t cells = kGrid * kGrid;
    MatrixXd means = MatrixXd::Zero(n, index(cells * planes_.channels));
    MatrixXd colours = MatrixXd::Zero(n, index(colour_count()));
    MatrixXd edges = MatrixXd::Zero(n, index(cells * kDirections)), strength(n, 1);
    for (Index i = 0; i < n; ++i) {
      const std::span<const float> image = images_[static_cast<std::uint64_t>(i)];
      fill_means(image, means.row(i));
      fill_colours(image, colours.row(i));
      strength(i, 0) = fill_edges(image, edges.row(i));
    }
    Distances distances(images_.size());
    for (MatrixXd* part : {&means, &colours, &edges, &strength}) distances.add(std::move(*part));
    return distances.kernel();
  }

 private:
  using Row = Eigen::Ref<Eigen::RowVectorXd, 0, Eigen::InnerStride<>>;

  double at(std::span<const float> image, std::uint64_t pixel) const {
    return most_ > least_ ? (static_cast<double>(image[pixel]) - least_) / (most_ - least_) : 0;
  }
  std::uint64_t cell(std::uint64_t y, std::uint64_t x) const {
    return y * kGrid / planes_.height * kGrid + x * kGrid / planes_.width;
  }
  bool is_coloured() const { return planes_.channels == 3; }
  std::uint64_t colour_count() const {
    return is_coloured() ? kLevels * kLevels * kLevels : kGreys * planes_.channels;
  }
  static std::uint64_t level(double value, std::uint64_t levels) {
    return std::min(levels - 1, static_cast<std::uint64_t>(value * static_cast<double>(levels)));
  }

  void fill_means(std::span<const float> image, Row out) const {
    const std::uint64_t area = planes_.area();
    const double share = static_cast<double>(kGrid * kGrid) / static_cast<double>(area);
    for (std::uint64_t c = 0; c < planes_.channels; ++c)
      for (std::uint64_t p = 0; p < area; ++p)
        out[index(c * kGrid * kGrid + cell(p / planes_.width, p % planes_.width))] +=
            share * at(image, c * area + p);
  }

  // Square roots, so that common colours do not outweigh all others.
  void fill_colours(std::span<const float> image, Row out) const {
    const std::uint64_t area = planes_.area();
    for (std::uint64_t p = 0; p < area; ++p) {
      std::uint64_t joint = 0;
      for (std::uint64_t c = 0; c < planes_.channels; ++c) {
        const double value = at(image, c * area + p);
        if (is_coloured())
          joint = joint * kLevels + level(value, kLevels);
        else
          out[index(c * kGreys + level(value, kGreys))] += 1;
      }
      if (is_coloured()) out[index(joint)] += 1;
    }
    out = (out / static_cast<double>(area)).cwiseSqrt();
  }

  // Of the mean over planes. Gives how strong edges are at all.
  double fill_edges(std::span<const float> image, Row out) const {
    const std::uint64_t area = planes_.area(), width = planes_.width;
    std::vector<double> grey(area);
    for (std::uint64_t c = 0; c < planes_.channels; ++c)
      for (std::uint64_t p = 0; p < area; ++p)
        grey[p] += at(image, c * area + p) / static_cast<double>(planes_.channels);
    double total = 0;
    for (std::uint64_t y = 1; y + 1 < planes_.height; ++y)
      for (std::uint64_t x = 1; x + 1 < width; ++x) {
        const double dx = grey[y * width + x + 1] - grey[y * width + x - 1];
        const double dy = grey[(y + 1) * width + x] - grey[(y - 1) * width + x];
        const double length = std::hypot(dx, dy);
        if (length <= 0) continue;
        double turn = std::atan2(dy, dx) / std::numbers::pi;
        if (turn < 0) turn += 1;
        out[index(cell(y, x) * kDirections + level(turn, kDirections))] += length;
        total += length;
      }
    if (total > 0) out = (out / total).cwiseSqrt();
    return std::log1p(255 * total / static_cast<double>(area));
  }

  const Both& images_;
  const Planes& planes_;
  double least_ = 0, most_ = 1;
};

MatrixXd kernel_of_vectors(const Both& vectors, std::uint64_t width) {
  const Index n = index(vectors.size());
  Distances distances(vectors.size());
  distances.count_part();
  for (Index first = 0; first < index(width); first += kColumnsAtOnce) {
    MatrixXd part(n, std::min(kColumnsAtOnce, index(width) - first));
    for (Index i = 0; i < n; ++i)
      for (Index c = 0; c < part.cols(); ++c)
        part(i, c) = static_cast<double>(
            vectors[static_cast<std::uint64_t>(i)][static_cast<std::size_t>(first + c)]);
    for (Index c = 0; c < part.cols(); ++c) {
      part.col(c).array() -= part.col(c).mean();
      const double spread = std::sqrt(part.col(c).squaredNorm() / static_cast<double>(n));
      if (spread > 0)
        part.col(c) = (part.col(c) / spread).cwiseMax(-kFarthest).cwiseMin(kFarthest);
      else
        part.col(c).setZero();
    }
    distances.add_centred(part / std::sqrt(static_cast<double>(width)));
  }
  return distances.kernel();
}

// The texts in which a token or a pair of neighbours stands.
using Terms = std::map<std::pair<std::uint64_t, std::uint64_t>, std::set<Index>>;

void add_terms(const Texts& texts, Index first, Terms& terms) {
  for (std::size_t t = 0; t < texts.size(); ++t) {
    const Index text = first + index(t);
    const std::vector<std::uint64_t>& tokens = texts[t];
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      terms[{0, tokens[i]}].insert(text);
      if (i > 0) terms[{tokens[i - 1] + 1, tokens[i]}].insert(text);
    }
  }
}

}  // namespace

MatrixXd kernel_of_values(const StreamSample& samples, const StreamSample& rows) {
  const Both both(samples, rows);
  return samples.kind == SampleKind::kImage ? ImageFeatures(both, samples.planes).kernel()
                                            : kernel_of_vectors(both, samples.width);
}

MatrixXd kernel_of_texts(const Texts& samples, const Texts& rows) {
  const Index n = index(samples.size() + rows.size());
  Terms terms;
  add_terms(samples, 0, terms);
  add_terms(rows, index(samples.size()), terms);
  MatrixXd kernel = MatrixXd::Zero(n, n);
  for (const auto& [term, where] : terms) {
    const std::vector<Index> texts(where.begin(), where.end());
    const double weight =
        std::pow(std::log(static_cast<double>(n) / static_cast<double>(texts.size())), 2);
    for (const Index a : texts)
      for (const Index b : texts) kernel(a, b) += weight;
  }
  const VectorXd lengths = kernel.diagonal().cwiseMax(1e-12).cwiseSqrt();
  kernel.array() /= (lengths * lengths.transpose()).array();
  const VectorXd means = kernel.colwise().mean();
  kernel.rowwise() -= means.transpose();
  kernel.colwise() -= means;
  kernel.array() += means.mean();
  const double spread = kernel.diagonal().mean();
  if (spread > 0) kernel /= spread;
  return kernel;
}

}  // namespace amalgam
