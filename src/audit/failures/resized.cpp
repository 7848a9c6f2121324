#include <fmt/format.h>

#include <algorithm>

#include "audit/stream_habits.h"

namespace amalgam {
namespace {

// Of second differences of pixels to first ones, squared: 2 + 2 for noise, about 1.5 for
// photographs and scanned digits alike as they come from where they were made; below four fifths of
// that after scaling by whatever factor, down or up, and back.
constexpr double kSmoother = 0.8, kAlike = 0.9;
constexpr std::uint64_t kLeastSide = 8, kLeastRows = 64;

double detail(const StreamSample& sample) {
  const Planes& planes = sample.planes;
  double first = 0, second = 0;
  for (std::uint64_t r = 0; r < sample.rows; ++r) {
    const auto row = sample.row(r);
    for (std::uint64_t i = 0; i < row.size(); ++i) {
      const std::uint64_t x = i % planes.width, y = i / planes.width % planes.height;
      const auto along = [&](std::uint64_t at, std::uint64_t size, std::uint64_t step) {
        if (at + 1 >= size) return;
        const double d = static_cast<double>(row[i + step]) - static_cast<double>(row[i]);
        first += d * d;
        if (at == 0) return;
        const double dd = d - static_cast<double>(row[i]) + static_cast<double>(row[i - step]);
        second += dd * dd;
      };
      along(x, planes.width, 1);
      along(y, planes.height, planes.width);
    }
  }
  return first > 0 ? second / first : 0;
}

}  // namespace

void check_resized(const FailureInput& input, TellList& out) {
  std::vector<double> all;
  for (const StreamSample& sample : input.samples) {
    if (sample.kind != SampleKind::kImage || sample.rows < kLeastRows ||
        std::min(sample.planes.height, sample.planes.width) < kLeastSide)
      return;
    all.push_back(detail(sample));
  }
  const double most = *std::max_element(all.begin(), all.end());
  std::vector<std::size_t> smooth, others;
  for (std::size_t s = 0; s < all.size(); ++s) {
    if (all[s] > kSmoother * most && all[s] < kAlike * most) return;
    (all[s] <= kSmoother * most ? smooth : others).push_back(s);
  }
  if (smooth.empty() || others.empty()) return;
  out.push_back(
      {"preparation", others,
       fmt::format("the images of {} lack the finest detail ({:.2f}, of {} {:.2f}), as "
                   "after they were scaled",
                   streams_text(smooth), all[smooth[0]], streams_text(others), all[others[0]]),
       "bring all images to their size in the same way, from originals that are as large"});
}

}  // namespace amalgam
