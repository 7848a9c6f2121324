#include <algorithm>
#include <cmath>
#include <map>

#include "audit/attack.h"
#include "audit/attacks/tokens.h"

namespace amalgam {
namespace {

class TextEntropy : public Attack {
 public:
  std::string_view name() const override { return "entropy"; }
  std::string_view sees() const override {
    return "entropy of tokens, what a token says of the next, how often runs of three come again";
  }
  bool applies(SampleKind kind) const override { return kind == SampleKind::kText; }
  std::vector<std::string> statistics() const override {
    return {"what a token says of the next", "entropy", "repeated runs", "distinct tokens"};
  }
  int naive() const override { return 1; }

  std::vector<double> measure(const StreamSample& sample) const override {
    std::map<std::uint64_t, double> one, two, three;
    double tokens = 0, pairs = 0, triples = 0;
    for (std::uint64_t r = 0; r < sample.rows; ++r) {
      const auto row = row_tokens(sample, r);
      for (std::size_t i = 0; i < row.size(); ++i) {
        one[row[i]] += 1, tokens += 1;
        if (i > 0) two[run_of(row, i - 1, 2)] += 1, pairs += 1;
        if (i > 1) three[run_of(row, i - 2, 3)] += 1, triples += 1;
      }
    }
    const double entropy = entropy_of(one, tokens), joint = entropy_of(two, pairs);
    double again = 0;
    for (const auto& [run, count] : three) again += count - 1;
    return {2 * entropy - joint, entropy, again / std::max(1.0, triples),
            std::log1p(static_cast<double>(one.size())) - std::log1p(tokens)};
  }

 private:
  static double entropy_of(const std::map<std::uint64_t, double>& counts, double total) {
    double sum = 0;
    for (const auto& [key, count] : counts) sum -= count / total * std::log2(count / total);
    return sum;
  }
};

}  // namespace

std::unique_ptr<Attack> make_text_entropy() { return std::make_unique<TextEntropy>(); }

}  // namespace amalgam
