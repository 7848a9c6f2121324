#include "audit/tables/stream_order.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <unordered_set>

#include "audit/attacks/tokens.h"
#include "audit/stream_facts.h"

namespace amalgam {
namespace {

constexpr std::size_t kLeastRows = 64;
// Rows that are enough even where ten million are numbered.
constexpr std::size_t kMostRows = 16384;
constexpr double kNever = 1e-12;

// The chance that values which fall anywhere in their range lie nowhere nearer to each other than
// these do: of as many draws from the steps that the least distance makes of the range, none is
// drawn twice (the birthday problem). Where values fall unevenly, it is less.
double chance_of_spacing(std::vector<double> values) {
  if (values.size() < kLeastRows) return 1;
  std::sort(values.begin(), values.end());
  double least = values.back() - values.front();
  const double range = least;
  for (std::size_t i = 1; i < values.size(); ++i)
    least = std::min(least, values[i] - values[i - 1]);
  if (least <= 0) return 1;
  const double steps = std::max(static_cast<double>(values.size()), range / least + 1);
  double log = 0;
  for (std::size_t i = 1; i < values.size(); ++i)
    log += std::log1p(-static_cast<double>(i) / steps);
  return std::exp(log);
}

// Of columns' chances, how many are none.
class Numbered {
 public:
  void add(double chance) {
    if (chance > kNever) return;
    ++count_;
    sum_ += chance;
  }
  Measured measured() const {
    return measured_fact(static_cast<double>(count_), count_ > 0, std::to_string(count_),
                         std::max(kNever, sum_));
  }

 private:
  std::size_t count_ = 0;
  double sum_ = 0;
};

bool ascends(const Eigen::MatrixXd& rows, Eigen::Index row, Eigen::Index shift) {
  const auto at = [&](Eigen::Index c) { return rows((row + c * shift) % rows.rows(), c); };
  for (Eigen::Index c = 1; c < rows.cols(); ++c)
    if (at(c) < at(c - 1)) return false;
  return true;
}

}  // namespace

std::optional<Measured> numbered_columns(const Eigen::MatrixXd& rows,
                                         const std::vector<std::uint64_t>& digests) {
  const std::vector<std::uint64_t> some = different_rows(digests, kMostRows);
  if (rows.size() == 0 || some.size() < kLeastRows) return std::nullopt;
  Numbered numbered;
  for (Eigen::Index c = 0; c < rows.cols(); ++c) {
    std::vector<double> values;
    for (const std::uint64_t r : some) values.push_back(rows(static_cast<Eigen::Index>(r), c));
    numbered.add(chance_of_spacing(std::move(values)));
  }
  return numbered.measured();
}

std::optional<Measured> numbered_places(const StreamSample& sample) {
  if (sample.kind != SampleKind::kText || sample.rows < kLeastRows) return std::nullopt;
  Numbered numbered;
  for (std::uint64_t i = 0; i < sample.width; ++i) {
    std::vector<double> values;
    for (std::uint64_t r = 0; r < sample.rows; ++r)
      values.push_back(static_cast<double>(sample.row(r)[i]));
    numbered.add(chance_of_spacing(std::move(values)));
  }
  return numbered.measured();
}

std::optional<Measured> ascending_rows(const Eigen::MatrixXd& rows) {
  if (rows.cols() < 3 || rows.rows() < static_cast<Eigen::Index>(kLeastRows)) return std::nullopt;
  double own = 0, mixed = 0;
  const auto count = static_cast<double>(rows.rows());
  // Rows put together of others' values ascend where columns lie one above the other.
  for (Eigen::Index r = 0; r < rows.rows(); ++r)
    own += ascends(rows, r, 0), mixed += ascends(rows, r, 1);
  const double by_accident = std::pow((mixed + 1) / (count + 1), count);
  return measured_fact(own / count, own == count, "1", std::max(kNever, by_accident));
}

std::optional<Measured> texts_with_repeats(const StreamSample& sample) {
  if (sample.kind != SampleKind::kText || sample.rows < kLeastRows) return std::nullopt;
  TokenCounts counts;
  double all = 0, pairs = 0, again = 0;
  for (std::uint64_t r = 0; r < sample.rows; ++r) {
    const auto tokens = row_tokens(sample, r);
    const auto length = static_cast<double>(tokens.size());
    for (const std::uint64_t token : tokens) counts[token] += 1;
    const std::unordered_set<std::uint64_t> different(tokens.begin(), tokens.end());
    again += different.size() < tokens.size();
    all += length, pairs += length * (length - 1) / 2;
  }
  double alike = 0;  // the chance that two tokens of the stream are
  for (const auto& [token, count] : counts) alike += count * count / std::max(1.0, all * all);
  return measured_fact(again / static_cast<double>(sample.rows), again == 0, "0",
                       std::max(kNever, std::exp(-pairs * alike)));
}

}  // namespace amalgam
