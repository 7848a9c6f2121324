// Pieces of photographs. Classes come from clustering: a piece belongs to the class whose pieces
// it resembles at a glance, so that they can be learned.
#include <Eigen/Core>
#include <cmath>
#include <limits>

#include "noise/classes.h"
#include "noise/generator.h"
#include "noise/grid.h"

namespace amalgam {
namespace {

constexpr std::uint64_t kGlance = 4;  // rows and columns of means that pieces are compared by
constexpr std::size_t kSample = 2000, kRounds = 12;
constexpr int kTriesForClass = 64;

using Matrix = Eigen::MatrixXd;
using Vector = Eigen::VectorXd;

// Means of the image's parts, in a grid, and by channel.
Vector glance(const Image& image) {
  Vector sums = Vector::Zero(static_cast<Eigen::Index>(kGlance * kGlance * image.channels));
  Vector counts = sums;
  for (std::uint64_t y = 0; y < image.height; ++y)
    for (std::uint64_t x = 0; x < image.width; ++x)
      for (std::uint64_t c = 0; c < image.channels; ++c) {
        const std::uint64_t part =
            (y * kGlance / image.height * kGlance + x * kGlance / image.width) * image.channels + c;
        const auto at = static_cast<Eigen::Index>(part);
        sums[at] += std::to_integer<int>(image.pixels[(y * image.width + x) * image.channels + c]);
        counts[at] += 1;
      }
  return sums.cwiseQuotient(counts.cwiseMax(1));
}

std::size_t nearest(const Matrix& centres, const Vector& at) {
  Eigen::Index best = 0;
  (centres.colwise() - at).colwise().squaredNorm().minCoeff(&best);
  return static_cast<std::size_t>(best);
}

// Lloyd's k-means, started from points far apart.
Matrix cluster(const Matrix& points, std::size_t count) {
  Matrix centres(points.rows(), static_cast<Eigen::Index>(count));
  centres.col(0) = points.col(0);
  Vector distance = Vector::Constant(points.cols(), std::numeric_limits<double>::infinity());
  for (Eigen::Index k = 1; k < centres.cols(); ++k) {
    distance = distance.cwiseMin(
        (points.colwise() - centres.col(k - 1)).colwise().squaredNorm().transpose());
    Eigen::Index far = 0;
    distance.maxCoeff(&far);
    centres.col(k) = points.col(far);
  }
  for (std::size_t round = 0; round < kRounds; ++round) {
    Matrix sums = Matrix::Zero(centres.rows(), centres.cols());
    Vector members = Vector::Zero(centres.cols());
    for (Eigen::Index i = 0; i < points.cols(); ++i) {
      const auto k = static_cast<Eigen::Index>(nearest(centres, points.col(i)));
      sums.col(k) += points.col(i);
      members[k] += 1;
    }
    for (Eigen::Index k = 0; k < centres.cols(); ++k)
      if (members[k] > 0) centres.col(k) = sums.col(k) / members[k];
  }
  return centres;
}

class Patches : public Generator {
 public:
  Patches(std::shared_ptr<const Dataset> data, std::shared_ptr<const Photographs> photographs)
      : data_(std::move(data)),
        photographs_(std::move(photographs)),
        classes_(rows_by_class(*data_)) {
    for (const Field& field : data_->features()) {
      const Planes planes = planes_of(field);
      if ((planes.channels != 1 && planes.channels != 3) || planes.height < 2 || planes.width < 2)
        throw Error(ErrorCode::kInvalid, "--noise patches",
                    "makes images, but samples of " + data_->where + " are " +
                        to_string(field.sample_shape()));
      check_sizes(planes);
      grids_.push_back(find_grid(field));
      centres_.push_back(cluster_pieces(planes));
    }
  }

  void draw(std::size_t field, std::uint64_t like, RandomStream& random,
            MutableBytes out) const override {
    const Planes planes = planes_of(data_->fields[field]);
    const std::size_t own = classes_.group_of[like];
    Image piece = cut(planes, random);
    for (int i = 0; i < kTriesForClass && nearest(centres_[field], glance(piece)) != own; ++i)
      piece = cut(planes, random);
    store(field, piece, out);
  }

 private:
  void check_sizes(const Planes& planes) const {
    for (const Image& image : photographs_->all)
      if (image.channels != planes.channels || image.height < planes.height ||
          image.width < planes.width)
        throw Error(ErrorCode::kInvalid, photographs_->where,
                    "holds a photograph of " + std::to_string(image.height) + "x" +
                        std::to_string(image.width) + " pixels, too small for samples of " +
                        std::to_string(planes.height) + "x" + std::to_string(planes.width));
  }

  // A square-on piece at a random place and scale, brought to the samples' size.
  Image cut(const Planes& planes, RandomStream& random) const {
    const Image& photograph = photographs_->all[random.below(photographs_->all.size())];
    const double most = std::min(static_cast<double>(photograph.height) / planes.height,
                                 static_cast<double>(photograph.width) / planes.width);
    const double scale = std::exp(random.uniform() * std::log(most));
    Image piece{static_cast<std::uint64_t>(scale * planes.height),
                static_cast<std::uint64_t>(scale * planes.width),
                photograph.channels,
                {}};
    const std::uint64_t top = random.below(photograph.height - piece.height + 1);
    const std::uint64_t left = random.below(photograph.width - piece.width + 1);
    for (std::uint64_t y = 0; y < piece.height; ++y) {
      const std::byte* row =
          photograph.pixels.data() + ((top + y) * photograph.width + left) * photograph.channels;
      piece.pixels.insert(piece.pixels.end(), row, row + piece.width * piece.channels);
    }
    return photographs_->images->fitted(piece, {planes.height, planes.width});
  }

  Matrix cluster_pieces(const Planes& planes) const {
    RandomStream random(Secret(kSeedBytes), "patches");  // nothing secret: the photographs' own
    Matrix points(static_cast<Eigen::Index>(kGlance * kGlance * planes.channels),
                  static_cast<Eigen::Index>(kSample));
    for (Eigen::Index i = 0; i < points.cols(); ++i) points.col(i) = glance(cut(planes, random));
    return cluster(points, classes_.groups.size());
  }

  void store(std::size_t field, const Image& piece, MutableBytes out) const {
    const Grid& grid = grids_[field];
    const DType dtype = data_->fields[field].tensor.dtype;
    const std::uint64_t area = piece.height * piece.width;
    for (std::uint64_t i = 0; i < area; ++i)
      for (std::uint64_t c = 0; c < piece.channels; ++c) {
        const int pixel = std::to_integer<int>(piece.pixels[i * piece.channels + c]);
        const double value =
            dtype == DType::kUInt8 ? pixel : grid.least + (grid.most - grid.least) * pixel / 255.0;
        store_number(dtype, out, c * area + i, grid.snap(value));
      }
  }

  std::shared_ptr<const Dataset> data_;
  std::shared_ptr<const Photographs> photographs_;
  RowClasses classes_;
  std::vector<Grid> grids_;
  std::vector<Matrix> centres_;
};

}  // namespace

std::unique_ptr<Generator> make_patches(std::shared_ptr<const Dataset> data,
                                        std::shared_ptr<const Photographs> photographs) {
  return std::make_unique<Patches>(std::move(data), std::move(photographs));
}

}  // namespace amalgam
