#include "audit/attack.h"
#include "audit/attacks/pixels.h"

namespace amalgam {
namespace {

class PositionMoments : public Attack {
 public:
  std::string_view name() const override { return "moments"; }
  std::string_view sees() const override {
    return "mean and variance of each position, against noise that is alike everywhere";
  }
  bool applies(SampleKind kind) const override { return kind != SampleKind::kText; }
  std::vector<std::string> statistics() const override {
    return {"spread of means", "spread of deviations", "constant positions",
            "distance from uniform"};
  }
  int naive() const override { return 1; }

  std::vector<double> measure(const StreamSample& sample) const override {
    const double scale = deviation(sample);
    const auto [least, most] = std::minmax_element(sample.values.begin(), sample.values.end());
    const double range = std::max(1e-9, static_cast<double>(*most) - static_cast<double>(*least));
    Moments means, deviations;
    double constant = 0, uniform = 0;
    for (std::uint64_t i = 0; i < sample.width; ++i) {
      Moments position;
      for (std::uint64_t r = 0; r < sample.rows; ++r)
        position.add(static_cast<double>(sample.values[r * sample.width + i]));
      const double spread = std::sqrt(position.variance());
      means.add(position.mean() / scale);
      deviations.add(spread / scale);
      constant += spread < 1e-9;
      // Of uniform values over the whole range the deviation is range / sqrt(12).
      uniform += std::abs(spread / range - 1 / std::sqrt(12.0));
    }
    const auto width = static_cast<double>(sample.width);
    return {std::sqrt(means.variance()), std::sqrt(deviations.variance()), constant / width,
            uniform / width};
  }
};

}  // namespace

std::unique_ptr<Attack> make_moments() { return std::make_unique<PositionMoments>(); }

}  // namespace amalgam
