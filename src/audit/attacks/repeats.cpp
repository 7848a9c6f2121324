#include <algorithm>
#include <vector>

#include "audit/attack.h"
#include "audit/thumbnails.h"

namespace amalgam {
namespace {

double median(std::vector<float> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return static_cast<double>(*middle);
}

// The part below which a row may have been made from another.
double share_below(const std::vector<float>& values, float most) {
  const auto count = std::count_if(values.begin(), values.end(), [&](float v) { return v < most; });
  return static_cast<double>(count) / static_cast<double>(values.size());
}

class Repeats : public Attack {
 public:
  std::string_view name() const override { return "repeats"; }
  std::string_view sees() const override {
    return "rows that come again; of images how near the nearest other is, and the nearest one in "
           "a mirror";
  }
  bool applies(SampleKind) const override { return true; }
  std::vector<std::string> statistics() const override {
    return {"repeated rows", "near copies", "nearness", "nearness in a mirror"};
  }
  int naive() const override { return -1; }

  std::vector<double> measure(const StreamSample& sample) const override {
    std::vector<std::vector<float>> rows;
    for (std::uint64_t r = 0; r < sample.rows; ++r)
      rows.emplace_back(sample.row(r).begin(), sample.row(r).end());
    std::sort(rows.begin(), rows.end());
    const auto distinct = std::unique(rows.begin(), rows.end()) - rows.begin();
    const double again = 1 - static_cast<double>(distinct) / static_cast<double>(sample.rows);
    const Thumbnails small = thumbnails(sample);
    if (small.rows <= NearestCopies::kFar) return {again, 0, 0, 0};
    constexpr float kNear = 0.35F;
    const NearestCopies nearest = nearest_copies(small, 1);
    return {again, share_below(nearest.copy, kNear), median(nearest.copy),
            median(nearest.mirrored)};
  }
};

}  // namespace

std::unique_ptr<Attack> make_repeats() { return std::make_unique<Repeats>(); }

}  // namespace amalgam
