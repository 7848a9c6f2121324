#include <algorithm>
#include <map>

#include "audit/attack.h"
#include "audit/attacks/tokens.h"
#include "audit/moments.h"

namespace amalgam {
namespace {

class Lengths : public Attack {
 public:
  std::string_view name() const override { return "lengths"; }
  std::string_view sees() const override {
    return "how long texts are before they are filled up, and how much that varies";
  }
  bool applies(SampleKind kind) const override { return kind == SampleKind::kText; }
  std::vector<std::string> statistics() const override {
    return {"spread of lengths", "mean length", "commonest length"};
  }
  int naive() const override { return 1; }

  std::vector<double> measure(const StreamSample& sample) const override {
    Moments lengths;
    std::map<std::size_t, double> counts;
    for (std::uint64_t r = 0; r < sample.rows; ++r) {
      const std::size_t length = row_tokens(sample, r).size();
      lengths.add(static_cast<double>(length) / static_cast<double>(sample.width));
      counts[length] += 1;
    }
    double most = 0;
    for (const auto& [length, count] : counts) most = std::max(most, count);
    return {std::sqrt(lengths.variance()), lengths.mean(),
            most / std::max<double>(1, static_cast<double>(sample.rows))};
  }
};

}  // namespace

std::unique_ptr<Attack> make_lengths() { return std::make_unique<Lengths>(); }

}  // namespace amalgam
