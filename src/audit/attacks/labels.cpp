#include <algorithm>
#include <cmath>
#include <map>

#include "audit/attack.h"

namespace amalgam {
namespace {

class Labels : public Attack {
 public:
  std::string_view name() const override { return "labels"; }
  std::string_view sees() const override {
    return "how evenly rows are spread over classes, and whether equal labels come in runs";
  }
  bool applies(SampleKind) const override { return true; }
  std::vector<std::string> statistics() const override {
    return {"unevenness of classes", "runs of labels", "commonest class"};
  }
  // Who draws labels spreads them unevenly; who collects rows may not.
  int naive() const override { return -1; }

  std::vector<double> measure(const StreamSample& sample) const override {
    std::map<std::int64_t, double> sizes;
    for (const std::int64_t label : sample.labels) sizes[label] += 1;
    if (sizes.size() < 2) return {0, 0, 1};
    const auto rows = static_cast<double>(sample.labels.size());
    const double even = rows / static_cast<double>(sizes.size());
    double square = 0, alike = 0, most = 0;
    for (const auto& [label, size] : sizes) {
      square += (size - even) * (size - even) / even;
      alike += size * size / (rows * rows);
      most = std::max(most, size);
    }
    double pairs = 0;
    for (std::size_t r = 1; r < sample.labels.size(); ++r)
      pairs += sample.labels[r] == sample.labels[r - 1];
    const double deviation = std::sqrt(std::max(1e-9, rows * alike * (1 - alike)));
    return {std::log1p(square / static_cast<double>(sizes.size() - 1)),
            (pairs - rows * alike) / deviation, most / rows};
  }
};

}  // namespace

std::unique_ptr<Attack> make_labels() { return std::make_unique<Labels>(); }

}  // namespace amalgam
