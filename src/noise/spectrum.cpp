// Images of random phase with the average power spectrum of the class: stationary gaussian textures
// (Galerne, Gousseau and Morel 2011).
#include <cmath>
#include <complex>
#include <unsupported/Eigen/FFT>

#include "noise/classes.h"
#include "noise/generator.h"
#include "noise/grid.h"

namespace amalgam {
namespace {

using Complex64 = std::complex<double>;
using Plane = std::vector<Complex64>;  // row-major

constexpr std::uint64_t kSample = 500;  // rows of a class that its spectrum is averaged over

// The two-dimensional transform, rows then columns; the inverse is scaled by 1 / area.
void transform(Plane& plane, const Planes& shape, bool inverse) {
  Eigen::FFT<double> fft;
  auto line = [&](std::uint64_t first, std::uint64_t count, std::uint64_t stride) {
    if (count < 2) return;
    std::vector<Complex64> in(count), out;
    for (std::uint64_t i = 0; i < count; ++i) in[i] = plane[first + i * stride];
    if (inverse)
      fft.inv(out, in);
    else
      fft.fwd(out, in);
    for (std::uint64_t i = 0; i < count; ++i) plane[first + i * stride] = out[i];
  };
  for (std::uint64_t y = 0; y < shape.height; ++y) line(y * shape.width, shape.width, 1);
  for (std::uint64_t x = 0; x < shape.width; ++x) line(x, shape.height, shape.width);
}

struct Texture {
  double mean = 0;
  std::vector<double> amplitude;  // of each frequency, for white noise of variance 1
};

class Spectrum : public Generator {
 public:
  explicit Spectrum(std::shared_ptr<const Dataset> data)
      : data_(std::move(data)), classes_(rows_by_class(*data_)) {
    for (const Field& field : data_->features()) {
      grids_.push_back(find_grid(field));
      std::vector<std::vector<Texture>> of_classes;
      for (const auto& rows : classes_.groups) of_classes.push_back(measure(field, rows));
      textures_.push_back(std::move(of_classes));
    }
  }

  void draw(std::size_t field, std::uint64_t like, RandomStream& random,
            MutableBytes out) const override {
    const Field& own = data_->fields[field];
    const Planes shape = planes_of(own);
    const auto& textures = textures_[field][classes_.group_of[like]];
    for (std::uint64_t c = 0; c < shape.channels; ++c) {
      Plane plane(shape.area());
      for (Complex64& value : plane) value = random.normal();
      transform(plane, shape, false);
      for (std::uint64_t i = 0; i < plane.size(); ++i) plane[i] *= textures[c].amplitude[i];
      transform(plane, shape, true);
      for (std::uint64_t i = 0; i < plane.size(); ++i)
        store_number(own.tensor.dtype, out, c * plane.size() + i,
                     grids_[field].snap(textures[c].mean + plane[i].real()));
    }
  }

 private:
  // One texture for each channel.
  static std::vector<Texture> measure(const Field& field, const std::vector<std::uint64_t>& rows) {
    const Planes shape = planes_of(field);
    const std::uint64_t count = std::min<std::uint64_t>(rows.size(), kSample);
    std::vector<Texture> textures(shape.channels);
    for (std::uint64_t c = 0; c < shape.channels; ++c) {
      Texture& texture = textures[c];
      texture.amplitude.assign(shape.area(), 0);
      for (std::uint64_t s = 0; s < count; ++s) {
        const std::uint64_t first =
            rows[s * rows.size() / count] * field.width() + c * shape.area();
        Plane plane(shape.area());
        double mean = 0;
        for (std::uint64_t i = 0; i < plane.size(); ++i) {
          const double value = load_number(field, first + i);
          plane[i] = std::isfinite(value) ? value : 0;
          mean += plane[i].real() / static_cast<double>(plane.size());
        }
        for (Complex64& value : plane) value -= mean;
        texture.mean += mean / static_cast<double>(count);
        transform(plane, shape, false);
        for (std::uint64_t i = 0; i < plane.size(); ++i)
          texture.amplitude[i] += std::norm(plane[i]) / static_cast<double>(count * plane.size());
      }
      for (double& power : texture.amplitude) power = std::sqrt(power);
    }
    return textures;
  }

  std::shared_ptr<const Dataset> data_;
  RowClasses classes_;
  std::vector<Grid> grids_;
  std::vector<std::vector<std::vector<Texture>>> textures_;  // by field, class, channel
};

}  // namespace

std::unique_ptr<Generator> make_spectrum(std::shared_ptr<const Dataset> data) {
  return std::make_unique<Spectrum>(std::move(data));
}

}  // namespace amalgam
