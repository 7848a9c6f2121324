#include <cmath>
#include <unordered_map>

#include "audit/attack.h"
#include "audit/attacks/tokens.h"

namespace amalgam {
namespace {

// Of the longer context's probability, in the mixture.
constexpr double kWeight = 0.7;

class Likelihood : public Attack {
 public:
  std::string_view name() const override { return "likelihood"; }
  std::string_view sees() const override {
    return "bits a token to models of one, two and three tokens of the stream's other half";
  }
  bool applies(SampleKind kind) const override { return kind == SampleKind::kText; }
  std::vector<std::string> statistics() const override {
    return {"gain of two tokens", "gain of three tokens", "bits a token"};
  }
  int naive() const override { return 1; }

  std::vector<double> measure(const StreamSample& sample) const override {
    Counts counts;
    const std::uint64_t half = sample.rows / 2;
    for (std::uint64_t r = 0; r < half; ++r) counts.learn(row_tokens(sample, r));
    double bits[3] = {}, tokens = 0;
    for (std::uint64_t r = half; r < sample.rows; ++r) {
      const auto row = row_tokens(sample, r);
      for (std::size_t i = 2; i < row.size(); ++i) {
        const auto p = counts.probabilities(row, i);
        for (int k = 0; k < 3; ++k) bits[k] -= std::log2(p[k]);
        tokens += 1;
      }
    }
    for (double& b : bits) b /= std::max(1.0, tokens);
    return {bits[0] - bits[1], bits[1] - bits[2], bits[0]};
  }

 private:
  struct Counts {
    std::unordered_map<std::uint64_t, double> runs[4];  // by length
    double total = 0;

    void learn(const std::vector<std::uint64_t>& row) {
      for (std::size_t i = 0; i < row.size(); ++i) {
        total += 1;
        for (std::size_t n = 1; n <= 3 && n <= i + 1; ++n) runs[n][run_of(row, i + 1 - n, n)] += 1;
      }
    }

    double count(std::size_t n, std::uint64_t run) const {
      const auto found = runs[n].find(run);
      return found == runs[n].end() ? 0 : found->second;
    }

    // Of token i given none, one and two before it, each mixed with the shorter.
    std::array<double, 3> probabilities(const std::vector<std::uint64_t>& row,
                                        std::size_t i) const {
      const double distinct = static_cast<double>(runs[1].size()) + 1;
      std::array<double, 3> p{};
      p[0] = (count(1, run_of(row, i, 1)) + 1) / (total + distinct);
      for (std::size_t n = 2; n <= 3; ++n) {
        const double context = count(n - 1, run_of(row, i + 1 - n, n - 1));
        const double seen = context > 0 ? count(n, run_of(row, i + 1 - n, n)) / context : 0;
        p[n - 1] = context > 0 ? kWeight * seen + (1 - kWeight) * p[n - 2] : p[n - 2];
      }
      return p;
    }
  };
};

}  // namespace

std::unique_ptr<Attack> make_likelihood() { return std::make_unique<Likelihood>(); }

}  // namespace amalgam
