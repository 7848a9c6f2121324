#include <algorithm>
#include <array>

#include "audit/attack.h"
#include "audit/attacks/pixels.h"

namespace amalgam {
namespace {

class Denoising : public Attack {
 public:
  std::string_view name() const override { return "denoising"; }
  std::string_view sees() const override {
    return "the PSNR between images and what a 3x3 median filter leaves of them";
  }
  bool applies(SampleKind kind) const override { return kind == SampleKind::kImage; }
  std::vector<std::string> statistics() const override { return {"PSNR after a median filter"}; }
  int naive() const override { return 1; }

  std::vector<double> measure(const StreamSample& sample) const override {
    const auto [least, most] = std::minmax_element(sample.values.begin(), sample.values.end());
    const double range = std::max(1e-9, static_cast<double>(*most) - static_cast<double>(*least));
    double error = 0, count = 0;
    for_each_plane(sample, [&](const Plane& p) {
      for (std::uint64_t y = 1; y + 1 < p.height; ++y)
        for (std::uint64_t x = 1; x + 1 < p.width; ++x) {
          std::array<double, 9> window{};
          for (std::uint64_t i = 0; i < 9; ++i) window[i] = p.at(y + i / 3 - 1, x + i % 3 - 1);
          std::nth_element(window.begin(), window.begin() + 4, window.end());
          const double d = (p.at(y, x) - window[4]) / range;
          error += d * d, count += 1;
        }
    });
    return {-10 * std::log10(error / std::max(1.0, count) + 1e-8)};
  }
};

}  // namespace

std::unique_ptr<Attack> make_denoising() { return std::make_unique<Denoising>(); }

}  // namespace amalgam
