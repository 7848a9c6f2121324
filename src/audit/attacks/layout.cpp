#include <algorithm>
#include <array>

#include "audit/attack.h"
#include "audit/attacks/pixels.h"

namespace amalgam {
namespace {

// Positions that are looked at, and how many of a position's correlations count as strongest.
constexpr std::uint64_t kProbes = 96, kStrongest = 4;

class Layout : public Attack {
 public:
  std::string_view name() const override { return "layout"; }
  std::string_view sees() const override {
    return "whether the positions that correlate most are neighbours, so that a shuffled layout "
           "could be put together again";
  }
  bool applies(SampleKind kind) const override { return kind == SampleKind::kImage; }
  std::vector<std::string> statistics() const override {
    return {"true neighbours", "strength of correlations"};
  }
  int naive() const override { return 1; }

  std::vector<double> measure(const StreamSample& sample) const override {
    const std::vector<float> z = standardised(sample);
    const std::uint64_t width = sample.width, probes = std::min(kProbes, width);
    double neighbours = 0, strength = 0, looked = 0;
    for (std::uint64_t p = 0; p < probes; ++p) {
      const std::uint64_t here = p * width / probes;
      std::vector<std::pair<float, std::uint64_t>> all;
      for (std::uint64_t other = 0; other < width; ++other) {
        if (other == here) continue;
        float sum = 0;
        for (std::uint64_t r = 0; r < sample.rows; ++r)
          sum += z[here * sample.rows + r] * z[other * sample.rows + r];
        all.emplace_back(-std::abs(sum) / static_cast<float>(sample.rows), other);
      }
      const std::size_t most = std::min<std::size_t>(kStrongest, all.size());
      std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(most), all.end());
      for (std::size_t i = 0; i < most; ++i) {
        neighbours += near(sample.planes, here, all[i].second);
        strength += static_cast<double>(-all[i].first);
        looked += 1;
      }
    }
    return {neighbours / looked, strength / looked};
  }

 private:
  // By position: [width, rows], with mean 0 and variance 1.
  static std::vector<float> standardised(const StreamSample& sample) {
    std::vector<float> z(sample.values.size());
    for (std::uint64_t i = 0; i < sample.width; ++i) {
      Moments m;
      for (std::uint64_t r = 0; r < sample.rows; ++r)
        m.add(static_cast<double>(sample.values[r * sample.width + i]));
      const double scale = m.variance() > 1e-9 ? 1 / std::sqrt(m.variance()) : 0;
      for (std::uint64_t r = 0; r < sample.rows; ++r)
        z[i * sample.rows + r] = static_cast<float>(
            (static_cast<double>(sample.values[r * sample.width + i]) - m.mean()) * scale);
    }
    return z;
  }

  // At most two pixels apart, in any channel.
  static bool near(const Planes& planes, std::uint64_t a, std::uint64_t b) {
    const auto at = [&](std::uint64_t i) {
      const std::uint64_t in_plane = i % planes.area();
      return std::array<std::int64_t, 2>{static_cast<std::int64_t>(in_plane / planes.width),
                                         static_cast<std::int64_t>(in_plane % planes.width)};
    };
    const auto p = at(a), q = at(b);
    return std::abs(p[0] - q[0]) + std::abs(p[1] - q[1]) <= 2;
  }
};

}  // namespace

std::unique_ptr<Attack> make_layout() { return std::make_unique<Layout>(); }

}  // namespace amalgam
