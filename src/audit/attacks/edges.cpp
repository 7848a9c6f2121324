#include "audit/attack.h"
#include "audit/attacks/pixels.h"

namespace amalgam {
namespace {

// A difference below this part of the deviation is none that an eye sees.
constexpr double kFlat = 0.05;

class Edges : public Attack {
 public:
  std::string_view name() const override { return "edges"; }
  std::string_view sees() const override {
    return "kurtosis of gradients and of a Laplacian, share of flat places";
  }
  bool applies(SampleKind kind) const override { return kind == SampleKind::kImage; }
  std::vector<std::string> statistics() const override {
    return {"gradient kurtosis", "Laplacian kurtosis", "flat share", "value kurtosis"};
  }
  int naive() const override { return 1; }

  std::vector<double> measure(const StreamSample& sample) const override {
    const double scale = deviation(sample);
    Moments gradient, laplacian, values;
    double flat = 0;
    for (const float v : sample.values) values.add(static_cast<double>(v) / scale);
    for_each_plane(sample, [&](const Plane& p) {
      for (std::uint64_t y = 0; y + 1 < p.height; ++y)
        for (std::uint64_t x = 0; x + 1 < p.width; ++x) {
          const double right = (p.at(y, x + 1) - p.at(y, x)) / scale;
          const double down = (p.at(y + 1, x) - p.at(y, x)) / scale;
          gradient.add(right), gradient.add(down);
          flat += std::abs(right) + std::abs(down) < kFlat;
          if (x > 0 && y > 0)
            laplacian.add(right + down +
                          (p.at(y, x - 1) + p.at(y - 1, x) - 2 * p.at(y, x)) / scale);
        }
    });
    // Logarithms, because kurtosis has a long tail.
    return {std::log1p(gradient.kurtosis()), std::log1p(laplacian.kurtosis()),
            flat / std::max(1.0, gradient.count() / 2), std::log1p(values.kurtosis())};
  }
};

}  // namespace

std::unique_ptr<Attack> make_edges() { return std::make_unique<Edges>(); }

}  // namespace amalgam
