#include "audit/tables/tensor_measures.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

#include "audit/moments.h"
#include "variants/tensor_values.h"

namespace amalgam {
namespace {

// Values that are looked at; rows and columns that are compared with each other.
constexpr std::uint64_t kMostValues = std::uint64_t{1} << 16, kMostCompared = 16;
// Steps between float32 values, relative: how often one is another by accident.
constexpr double kStep = 0x1p-23;
// What sums in float32 are exact to.
constexpr double kRounding = 2e-5;
// Fewer values than these are too few to say anything of their bits, signs and order.
constexpr std::size_t kEnough = 16;

double number(std::uint64_t n) { return static_cast<double>(n); }

double deviation_of(std::span<const float> values) {
  Moments moments;
  for (const float v : values) moments.add(static_cast<double>(v));
  return std::max(1e-30, std::sqrt(moments.variance()));
}

double norm_of(std::span<const float> values) {
  return std::sqrt(std::transform_reduce(values.begin(), values.end(), 0.0, std::plus<>(),
                                         [](float v) { return static_cast<double>(v) * v; }));
}

class Measurer {
 public:
  explicit Measurer(const TensorSample& sample) : sample_(sample), values_(sample.values) {}

  std::vector<TensorMeasure> run() {
    if (values_.size() >= 2)
      add_fact("the spread", range(values_), sample_.constant, "0",
               std::pow(kStep, number(values_.size() - 1)));
    if (sample_.constant) return std::move(found_);
    blocks();
    if (values_.size() >= kEnough) as_a_whole();
    if (sample_.rows >= 2 && sample_.width >= 2) {
      special_rows();
      rows_together();
    }
    if (sample_.whole && sample_.rows == sample_.width && sample_.rows >= 3) symmetry();
    if (sample_.tensor->values->shape.size() == 4) mirrors();
    return std::move(found_);
  }

 private:
  static double range(std::span<const float> values) {
    const auto [least, most] = std::minmax_element(values.begin(), values.end());
    return static_cast<double>(*most) - static_cast<double>(*least);
  }

  void add(std::string name, Measured measured) {
    found_.push_back({std::move(name), std::move(measured)});
  }
  void add_fact(std::string name, double value, bool holds, std::string round, double chance) {
    add(std::move(name), measured_fact(value, holds, std::move(round), std::min(1.0, chance)));
  }
  // A number that is 0 up to rounding, and by accident only where `free` numbers of about this
  // spread all are.
  void add_zero(std::string name, double value, double spread, double free) {
    const double chance = std::pow(std::min(1.0, 2 * kRounding / spread), std::max(1.0, free));
    add_fact(std::move(name), value, value <= kRounding, "0", chance);
  }

  // Halves, thirds and quarters: gates of recurrent layers, queries and keys and values.
  void blocks() {
    double least = std::numeric_limits<double>::max();
    std::size_t size = 0;
    for (const std::size_t parts : {2U, 3U, 4U}) {
      if (!sample_.whole || sample_.rows % parts != 0 || values_.size() / parts < 3) continue;
      const std::size_t block = values_.size() / parts;
      for (std::size_t p = 0; p < parts; ++p)
        if (const double spread = range(std::span(values_).subspan(p * block, block));
            spread < least)
          least = spread, size = block;
    }
    if (size > 0)
      add_fact("the smallest spread of a gate's block", least, least == 0, "0",
               9 * std::pow(kStep, number(size - 1)));
  }

  void as_a_whole() {
    std::vector<float> sorted(values_);
    std::sort(sorted.begin(), sorted.end());
    const std::size_t n = sorted.size();
    std::vector<double> gaps, sizes = magnitudes();
    for (std::size_t i = 1; i < n; ++i)
      gaps.push_back(static_cast<double>(sorted[i]) - static_cast<double>(sorted[i - 1]));
    const auto middle = gaps.begin() + static_cast<std::ptrdiff_t>(gaps.size() / 2);
    std::nth_element(gaps.begin(), middle, gaps.end());
    add_fact("the median gap between values", *middle, *middle == 0, "0", 1e-12);
    // One value of a large tensor may be 0 by accident, three are not.
    if (sizes.size() > 2) {
      std::nth_element(sizes.begin(), sizes.begin() + 2, sizes.end());
      add_fact("the third smallest magnitude", sizes[2], sizes[2] == 0, "0",
               std::pow(number(n) * kStep, 3));
    }
    ends(sorted);
    signs();
    bits();
    decimals();
    order();
  }

  // Of values outside rows of zeros, which special_rows() counts wherever they are: a padding row
  // may lie among the rows that are read, or not.
  std::vector<double> magnitudes() const {
    std::vector<double> sizes;
    for (std::size_t at = 0; at < values_.size(); at += sample_.width) {
      const auto row = std::span(values_).subspan(at, sample_.width);
      if (row.size() > 1 && std::all_of(row.begin(), row.end(), [](float v) { return v == 0; }))
        continue;
      for (const float v : row) sizes.push_back(std::abs(static_cast<double>(v)));
    }
    return sizes;
  }

  // Clipped values stand at an end of their range together.
  void ends(const std::vector<float>& sorted) {
    const std::size_t n = sorted.size();
    const double low = static_cast<double>(sorted[3]) - static_cast<double>(sorted[0]),
                 high = static_cast<double>(sorted[n - 1]) - static_cast<double>(sorted[n - 4]);
    const double least = std::min(low, high);
    add_fact("the spread of the four values at an end", least, least == 0, "0",
             std::pow(number(n) * kStep, 3));
  }

  void signs() {
    const auto above = std::count_if(values_.begin(), values_.end(), [](float v) { return v > 0; });
    const double share = static_cast<double>(above) / number(values_.size());
    add_fact("the share of values above 0", share, share == 0 || share == 1, share == 0 ? "0" : "1",
             2 * std::pow(0.5, number(values_.size())));
  }

  // Values that went through half precision end in zeros.
  void bits() {
    std::uint32_t all = 0;
    for (const float v : values_)
      if (v != 0) all |= std::bit_cast<std::uint32_t>(v) & 0x7fffff;
    const int used = all == 0 ? 0 : 23 - std::countr_zero(all);
    add_fact("the number of bits behind the point", used, used <= 10, fmt_bits(used),
             std::pow(2.0, -10.0 * number(values_.size())));
  }
  static std::string fmt_bits(int used) { return std::to_string(used) + ", as in half precision"; }

  // Of values below 1, which float32 knows to seven decimals.
  void decimals() {
    constexpr double kMost = 1e4, kOff = 1e-2;
    std::size_t on = 0, others = 0;  // of values that are no round number anyway
    for (const float v : values_) {
      const double scaled = static_cast<double>(v) * kMost;
      if (v == 0 || std::abs(v) >= 1) continue;
      ++(std::abs(scaled - std::round(scaled)) < kOff ? on : others);
    }
    if (on + others < 8) return;
    const int digits = others == 0 ? 4 : 7;
    add_fact("the number of decimals", digits, others == 0, "4 or fewer",
             std::pow(2 * kOff, number(on)));
  }

  void order() {
    std::size_t rises = 0;
    for (std::size_t i = 1; i < values_.size(); ++i) rises += values_[i] >= values_[i - 1];
    const double share = number(rises) / number(values_.size() - 1);
    add_fact("the share of values that follow a smaller one", share, share == 0 || share == 1,
             share == 0 ? "0" : "1", 1e-12);
  }

  // Of all rows, read or not: a padding row may be anywhere.
  void special_rows() {
    const ConstantRows constant(all_rows(*sample_.tensor->values));
    const std::uint64_t rows = row_count(sample_.tensor->values->shape);
    std::uint64_t zeros = 0, others = 0;
    for (std::uint64_t r = 0; r < rows && constant.any(); ++r)
      if (constant.holds(r)) ++(constant.value(r) == 0 ? zeros : others);
    const double chance = number(rows) * std::pow(kStep, number(sample_.width - 1));
    add_fact("the number of rows that are not 0", number(rows - zeros), zeros > 0,
             std::to_string(zeros) + " fewer than there are", chance * kStep);
    add_fact("the number of rows of different values", number(rows - others), others > 0,
             std::to_string(others) + " fewer than there are", chance);
    std::vector<std::span<const float>> sorted;
    for (std::uint64_t r = 0; r < sample_.rows; ++r)
      if (range(sample_.row(r)) > 0) sorted.push_back(sample_.row(r));
    std::sort(sorted.begin(), sorted.end(), [](auto a, auto b) {
      return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end());
    });
    std::uint64_t again = 0;
    for (std::size_t r = 1; r < sorted.size(); ++r)
      again += std::equal(sorted[r].begin(), sorted[r].end(), sorted[r - 1].begin());
    add_fact("the number of rows that come once", number(rows - again), again > 0,
             std::to_string(again) + " fewer than there are",
             number(rows) * number(rows) * std::pow(kStep, number(sample_.width)));
  }

  void rows_together() {
    std::vector<std::vector<double>> rows;
    std::vector<double> norms, means;
    for (std::uint64_t r = 0; r < sample_.rows; ++r) {
      const auto row = sample_.row(r);
      const double norm = norm_of(row);
      if (norm == 0) continue;
      norms.push_back(norm);
      means.push_back(std::abs(std::accumulate(row.begin(), row.end(), 0.0)) / norm /
                      std::sqrt(number(row.size())));
      if (rows.size() < std::min(kMostCompared, sample_.width))
        rows.emplace_back(row.begin(), row.end());
    }
    if (norms.size() < 2) return;
    const auto [least, most] = std::minmax_element(norms.begin(), norms.end());
    const double spread = 1 / std::sqrt(2 * number(sample_.width));
    add_zero("the relative spread of the norms of rows", (*most - *least) / *most, spread,
             number(norms.size() - 1));
    add_zero("the largest distance of a row's norm from 1",
             std::max(std::abs(*most - 1), std::abs(*least - 1)), 1, number(norms.size()));
    add_zero("the largest mean of a row", *std::max_element(means.begin(), means.end()),
             1 / std::sqrt(number(sample_.width)), number(norms.size()));
    cosines("the largest cosine of two rows", rows);
    if (sample_.whole) cosines("the largest cosine of two columns", columns());
  }

  std::vector<std::vector<double>> columns() const {
    std::vector<std::vector<double>> columns;
    for (std::uint64_t c = 0; c < std::min({kMostCompared, sample_.width, sample_.rows}); ++c) {
      std::vector<double> column;
      for (std::uint64_t r = 0; r < sample_.rows; ++r)
        column.push_back(static_cast<double>(values_[r * sample_.width + c]));
      if (std::any_of(column.begin(), column.end(), [](double v) { return v != 0; }))
        columns.push_back(std::move(column));
    }
    return columns;
  }

  // Orthogonal where the largest is 0.
  void cosines(std::string name, const std::vector<std::vector<double>>& lines) {
    if (lines.size() < 3) return;
    const auto dot = [](const std::vector<double>& a, const std::vector<double>& b) {
      return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
    };
    double largest = 0;
    for (std::size_t i = 0; i < lines.size(); ++i)
      for (std::size_t j = 0; j < i; ++j)
        largest =
            std::max(largest, std::abs(dot(lines[i], lines[j])) /
                                  std::sqrt(dot(lines[i], lines[i]) * dot(lines[j], lines[j])));
    const double n = number(lines.size());
    add_zero(std::move(name), largest, 1 / std::sqrt(number(lines[0].size())), n * (n - 1) / 2);
  }

  void symmetry() {
    double same = 0, turned = 0;
    for (std::uint64_t r = 0; r < sample_.rows; ++r)
      for (std::uint64_t c = 0; c < r; ++c) {
        const double a = static_cast<double>(values_[r * sample_.width + c]),
                     b = static_cast<double>(values_[c * sample_.width + r]);
        same = std::max(same, std::abs(a - b)), turned = std::max(turned, std::abs(a + b));
      }
    const double scale = deviation_of(values_), pairs = number(sample_.rows);
    add_zero("the largest difference from its transpose", same / scale, 1, pairs);
    add_zero("the largest sum with its transpose", turned / scale, 1, pairs);
  }

  // Kernels that were made by hand are often even.
  void mirrors() {
    const std::uint64_t line = sample_.tensor->values->shape.back();
    if (line < 2) return;
    double largest = 0;
    for (std::size_t at = 0; at + line <= values_.size(); at += line)
      for (std::uint64_t i = 0; i < line / 2; ++i)
        largest = std::max(largest, std::abs(static_cast<double>(values_[at + i]) -
                                             static_cast<double>(values_[at + line - 1 - i])));
    add_zero("the largest difference from its mirror image", largest / deviation_of(values_), 1,
             number(values_.size() / line));
  }

  const TensorSample& sample_;
  const std::vector<float>& values_;
  std::vector<TensorMeasure> found_;
};

}  // namespace

std::optional<TensorSample> sample_tensor(const ViewedTensor& tensor) {
  const std::uint64_t count = tensor.count();
  if (tensor.values->dtype != DType::kFloat32 || count == 0) return std::nullopt;
  const TensorRows all = all_rows(*tensor.values);
  TensorSample sample{&tensor, all.rows, all.width(), {}, count <= kMostValues, false};
  if (!sample.whole) sample.rows = std::max<std::uint64_t>(1, kMostValues / sample.width);
  if (sample.width > kMostValues) sample.width = kMostValues;
  sample.values = read_values(all, 0, sample.rows * sample.width);
  const auto& values = sample.values;
  sample.constant =
      std::all_of(values.begin(), values.end(), [&](float v) { return v == values.front(); });
  return sample;
}

std::vector<TensorMeasure> measures_of(const TensorSample& sample) {
  const auto finite = [](float v) { return std::isfinite(v); };
  if (!std::all_of(sample.values.begin(), sample.values.end(), finite)) return {};
  return Measurer(sample).run();
}

}  // namespace amalgam
