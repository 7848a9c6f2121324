#include <algorithm>
#include <array>
#include <cmath>
#include <unordered_map>

#include "audit/attack.h"
#include "audit/attacks/tokens.h"
#include "audit/surrogates.h"

namespace amalgam {
namespace {

// The most common tokens: of any English text, nearly the same words.
constexpr std::size_t kCommon = 32;

// How common the most common tokens are, and how often one follows another.
struct Ranked {
  std::array<double, kCommon> share{};
  std::array<std::array<double, kCommon>, kCommon> pairs{};
  double counted = 0;  // pairs

  explicit Ranked(const StreamSample& sample) {
    TokenCounts counts;
    double total = 0;
    std::vector<std::vector<std::uint64_t>> rows;
    for (std::uint64_t r = 0; r < sample.rows; ++r) {
      rows.push_back(row_tokens(sample, r));
      for (const std::uint64_t token : rows.back()) counts[token] += 1, total += 1;
    }
    const std::vector<std::uint64_t> order = by_frequency(counts);
    std::unordered_map<std::uint64_t, std::size_t> rank;
    for (std::size_t i = 0; i < std::min(kCommon, order.size()); ++i) {
      rank[order[i]] = i;
      share[i] = counts[order[i]] / std::max(1.0, total);
    }
    for (const auto& row : rows)
      for (std::size_t i = 1; i < row.size(); ++i) {
        const auto a = rank.find(row[i - 1]), b = rank.find(row[i]);
        if (a == rank.end() || b == rank.end()) continue;
        pairs[a->second][b->second] += 1;
        counted += 1;
      }
  }
};

const Ranked& english() {
  static const Ranked ranked = [] {
    const auto text = built_in_surrogate(SampleKind::kText);
    return Ranked(sample_dataset(*text, first_rows(text->rows())));
  }();
  return ranked;
}

class Numbering : public Attack {
 public:
  std::string_view name() const override { return "numbering"; }
  std::string_view sees() const override {
    return "the vocabulary numbered by frequency, as English text is: whether its commonest tokens "
           "follow each other as English words do";
  }
  bool applies(SampleKind kind) const override { return kind == SampleKind::kText; }
  std::vector<std::string> statistics() const override {
    return {"gain of English pairs", "distance of frequencies", "pairs of common tokens"};
  }
  int naive() const override { return 1; }

  std::vector<double> measure(const StreamSample& sample) const override {
    const Ranked own(sample);
    double gain = 0, distance = 0;
    for (std::size_t a = 0; a < kCommon; ++a) {
      distance += std::abs(std::log((own.share[a] + 1e-4) / (english().share[a] + 1e-4)));
      for (std::size_t b = 0; b < kCommon; ++b)
        if (own.pairs[a][b] > 0) gain += own.pairs[a][b] * english_gain(a, b);
    }
    return {gain / std::max(1.0, own.counted), distance / kCommon,
            own.counted / std::max<double>(1, static_cast<double>(sample.rows))};
  }

 private:
  // The logarithm of how much likelier a pair is than its words are apart.
  static double english_gain(std::size_t a, std::size_t b) {
    const Ranked& e = english();
    double from = 0, to = 0;
    for (std::size_t i = 0; i < kCommon; ++i) from += e.pairs[a][i], to += e.pairs[i][b];
    const double expected = from * to / std::max(1.0, e.counted);
    return std::log((e.pairs[a][b] + 1) / (expected + 1));
  }
};

}  // namespace

std::unique_ptr<Attack> make_numbering() { return std::make_unique<Numbering>(); }

}  // namespace amalgam
