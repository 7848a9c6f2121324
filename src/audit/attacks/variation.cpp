#include <algorithm>
#include <array>
#include <numbers>

#include "audit/attack.h"
#include "audit/attacks/pixels.h"

namespace amalgam {
namespace {

// Power of a line of pixels at the frequencies 1 .. n/2, added to `power`: a plain sum, because
// lines are short.
void add_power(const std::vector<double>& line, std::vector<double>& power) {
  const std::size_t n = line.size();
  for (std::size_t k = 1; k <= n / 2; ++k) {
    double re = 0, im = 0;
    const double step = 2 * std::numbers::pi * static_cast<double>(k) / static_cast<double>(n);
    for (std::size_t i = 0; i < n; ++i) {
      re += line[i] * std::cos(step * static_cast<double>(i));
      im += line[i] * std::sin(step * static_cast<double>(i));
    }
    power[k - 1] += re * re + im * im;
  }
}

// Of log power over log frequency, by least squares.
double slope(const std::vector<double>& power) {
  double n = 0, sx = 0, sy = 0, sxx = 0, sxy = 0;
  for (std::size_t k = 0; k < power.size(); ++k) {
    const double x = std::log(static_cast<double>(k + 1)), y = std::log(power[k] + 1e-12);
    n += 1, sx += x, sy += y, sxx += x * x, sxy += x * y;
  }
  const double below = n * sxx - sx * sx;
  return below > 0 ? (n * sxy - sx * sy) / below : 0;
}

class Variation : public Attack {
 public:
  std::string_view name() const override { return "variation"; }
  std::string_view sees() const override {
    return "total variation, correlation of neighbouring pixels, slope of the power spectrum";
  }
  bool applies(SampleKind kind) const override { return kind == SampleKind::kImage; }
  std::vector<std::string> statistics() const override {
    return {"total variation", "neighbour correlation", "diagonal correlation", "spectrum slope"};
  }
  int naive() const override { return -1; }

  std::vector<double> measure(const StreamSample& sample) const override {
    const double scale = deviation(sample);
    double steps = 0, count = 0;
    std::array<double, 2> product{}, pairs{};
    Moments all;
    for (const float v : sample.values) all.add(static_cast<double>(v));
    const double mean = all.mean();
    std::vector<double> power(sample.planes.width / 2), line(sample.planes.width);
    for_each_plane(sample, [&](const Plane& p) {
      for (std::uint64_t y = 0; y < p.height; ++y)
        for (std::uint64_t x = 0; x < p.width; ++x) {
          const double here = p.at(y, x) - mean;
          line[x] = here;
          if (x + 1 < p.width) {
            steps += std::abs(p.at(y, x + 1) - p.at(y, x)), count += 1;
            product[0] += here * (p.at(y, x + 1) - mean), pairs[0] += 1;
          }
          if (y + 1 < p.height) {
            steps += std::abs(p.at(y + 1, x) - p.at(y, x)), count += 1;
            product[0] += here * (p.at(y + 1, x) - mean), pairs[0] += 1;
          }
          if (x + 1 < p.width && y + 1 < p.height)
            product[1] += here * (p.at(y + 1, x + 1) - mean), pairs[1] += 1;
          if (x + 1 == p.width && y % 4 == 0) add_power(line, power);
        }
    });
    const double variance = scale * scale;
    return {steps / count / scale, product[0] / pairs[0] / variance,
            product[1] / pairs[1] / variance, slope(power)};
  }
};

}  // namespace

std::unique_ptr<Attack> make_variation() { return std::make_unique<Variation>(); }

}  // namespace amalgam
