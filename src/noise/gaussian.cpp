#include <cmath>

#include "noise/generator.h"
#include "noise/grid.h"

namespace amalgam {
namespace {

struct Moments {
  std::vector<double> mean, deviation;  // per position
};

Moments measure(const Field& field) {
  const std::uint64_t width = field.width(), rows = field.rows();
  Moments moments{std::vector<double>(width), std::vector<double>(width)};
  for (std::uint64_t row = 0; row < rows; ++row)
    for (std::uint64_t i = 0; i < width; ++i) {
      const double value = load_number(field, row * width + i);
      if (!std::isfinite(value)) continue;
      moments.mean[i] += value;
      moments.deviation[i] += value * value;
    }
  const auto n = static_cast<double>(rows);
  for (std::uint64_t i = 0; i < width; ++i) {
    moments.mean[i] /= n;
    moments.deviation[i] =
        std::sqrt(std::max(0.0, moments.deviation[i] / n - moments.mean[i] * moments.mean[i]));
  }
  return moments;
}

class Gaussian : public Generator {
 public:
  explicit Gaussian(std::shared_ptr<const Dataset> data) : data_(std::move(data)) {
    for (const Field& field : data_->features()) {
      grids_.push_back(find_grid(field));
      moments_.push_back(measure(field));
    }
  }

  void draw(std::size_t field, std::uint64_t, RandomStream& random,
            MutableBytes out) const override {
    const DType dtype = data_->fields[field].tensor.dtype;
    const Moments& moments = moments_[field];
    for (std::size_t i = 0; i < moments.mean.size(); ++i)
      store_number(dtype, out, i,
                   grids_[field].snap(moments.mean[i] + moments.deviation[i] * random.normal()));
  }

 private:
  std::shared_ptr<const Dataset> data_;
  std::vector<Grid> grids_;
  std::vector<Moments> moments_;
};

}  // namespace

std::unique_ptr<Generator> make_gaussian(std::shared_ptr<const Dataset> data) {
  return std::make_unique<Gaussian>(std::move(data));
}

}  // namespace amalgam
