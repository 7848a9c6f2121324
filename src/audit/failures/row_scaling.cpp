#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <unordered_set>

#include "audit/numbers.h"
#include "audit/stream_habits.h"

namespace amalgam {
namespace {

// Rows of a job are in an order that says nothing, so that the first ones are any.
constexpr std::uint64_t kRowsLookedAt = 2048, kValuesLookedAt = 1U << 24U, kFewestRows = 64;
// A scaler leaves no row out. Made-up values of columns that often end at 1 do so in many rows.
constexpr double kLeastShare = 0.999, kMostElsewhere = 0.9;
constexpr std::uint64_t kLeastRows = 16;
// Float32 leaves less of what is exactly 0 or 1; of a deviation an epsilon may leave more.
constexpr double kExact = 1e-5, kExactMean = 1e-4, kNearDeviation = 1e-3;
// Bytes are so many values, each of which comes again and again: they may end at 1 by themselves.
constexpr std::size_t kFewValues = 256, kRepeated = 4;

using Values = std::span<const float>;

// Of one row, or of one channel of it.
struct RowMoments {
  double absolutes = 0, squares = 0, least = 0, most = 0, mean = 0, deviation = 0;
  // Of columns that are no categories, which reach 0 and 1 by themselves.
  double least_number = 0, most_number = 0;

  double largest() const { return std::max(-least, most); }
  double largest_number() const { return std::max(-least_number, most_number); }
  double range() const { return most - least; }
  bool standard(double count) const {
    const double less_one = deviation * std::sqrt(count / (count - 1));
    return std::abs(mean) <= kExactMean &&
           std::min(std::abs(deviation - 1), std::abs(less_one - 1)) <= kNearDeviation;
  }
};

bool is(double value, double exact) { return std::abs(value - exact) <= kExact; }

RowMoments moments_of(Values values, std::span<const char> numbers) {
  RowMoments found;
  const auto count = static_cast<double>(values.size());
  found.least = INFINITY, found.most = -INFINITY;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto value = static_cast<double>(values[i]);
    found.absolutes += std::abs(value);
    found.squares += value * value;
    found.mean += value / count;
    found.least = std::min(found.least, value);
    found.most = std::max(found.most, value);
    if (!numbers[i]) continue;
    found.least_number = std::min(found.least_number, value);
    found.most_number = std::max(found.most_number, value);
  }
  double off = 0;
  for (const float one : values) {
    const double from_mean = static_cast<double>(one) - found.mean;
    off += from_mean * from_mean;
  }
  found.deviation = std::sqrt(off / count);
  return found;
}

// What scalers leave, the stricter first.
struct Kind {
  const char* what;
  bool varied;    // rows that are constant say nothing, else those of zeros
  bool extremes;  // which values of a grid may reach by themselves
  bool (*holds)(const RowMoments&, double count);
};

constexpr std::array kKinds{
    Kind{"a norm of exactly 1", false, false,
         [](const RowMoments& row, double) { return is(std::sqrt(row.squares), 1); }},
    Kind{"absolute values that sum to exactly 1", false, false,
         [](const RowMoments& row, double) { return is(row.absolutes, 1); }},
    Kind{"a mean of exactly 0 and a deviation of 1", true, false,
         [](const RowMoments& row, double count) { return row.standard(count); }},
    Kind{"extremes of exactly 0 and 1", true, true,
         [](const RowMoments& row, double) {
           return is(row.least, 0) && is(row.most, 1) && is(row.most_number, 1);
         }},
    Kind{"extremes of exactly -1 and 1", true, true,
         [](const RowMoments& row, double) {
           return is(row.least_number, -1) && is(row.most_number, 1) && is(row.range(), 2);
         }},
    Kind{"a largest absolute value of exactly 1", false, true,
         [](const RowMoments& row, double) {
           return is(row.largest(), 1) && is(row.largest_number(), 1);
         }},
};
using Shares = std::array<double, kKinds.size()>;

// Of the rows of a field that say something: how many have each kind, all of their parts together.
class RowCounts {
 public:
  void count(Values row, std::span<const char> numbers, std::uint64_t parts) {
    std::array<bool, kKinds.size()> says{}, holds{};
    holds.fill(true);
    const std::size_t each = row.size() / parts;
    for (std::uint64_t part = 0; part < parts; ++part) {
      const RowMoments moments =
          moments_of(row.subspan(part * each, each), numbers.subspan(part * each, each));
      for (std::size_t k = 0; k < kKinds.size(); ++k) {
        if (kKinds[k].varied ? moments.range() == 0 : moments.absolutes == 0) continue;
        says[k] = true;
        holds[k] = holds[k] && kKinds[k].holds(moments, static_cast<double>(each));
      }
    }
    for (std::size_t k = 0; k < kKinds.size(); ++k) {
      all_[k] += says[k] ? 1 : 0;
      exact_[k] += says[k] && holds[k] ? 1 : 0;
    }
  }

  void raise(Shares& shares, bool few_values) const {
    for (std::size_t k = 0; k < kKinds.size(); ++k)
      if (all_[k] >= kLeastRows && !(few_values && kKinds[k].extremes))
        shares[k] =
            std::max(shares[k], static_cast<double>(exact_[k]) / static_cast<double>(all_[k]));
  }

 private:
  std::array<std::uint64_t, kKinds.size()> all_{}, exact_{};
};

// By kind, the largest share of rows of a field that have it: of all values of a row together, and
// of each channel of an image.
struct StreamShares {
  Shares whole{}, channels{};
};

// The values that a field has, up to some more than bytes have, and its columns of numbers.
class Seen {
 public:
  explicit Seen(std::size_t width) : numbers_(width, 0) {}

  void add(Values row) {
    for (std::size_t i = 0; i < row.size(); ++i)
      if (!is(row[i], 0) && !is(std::abs(row[i]), 1)) numbers_[i] = 1;
    count_ += row.size();
    for (std::size_t i = 0; i < row.size() && different_.size() <= kFewValues; ++i)
      different_.insert(row[i]);
  }
  bool few() const {
    return different_.size() <= kFewValues && count_ >= kRepeated * different_.size();
  }
  bool categories() const {
    return std::all_of(different_.begin(), different_.end(),
                       [](float value) { return value == 0 || std::abs(value) == 1; });
  }

  // Whether a column has other values than -1, 0 and 1.
  std::span<const char> numbers() const { return numbers_; }

 private:
  std::vector<char> numbers_;
  std::unordered_set<float> different_;
  std::size_t count_ = 0;
};

void look_at(const JobView& job, const ViewedColumns& field, StreamShares& shares) {
  const std::uint64_t width = field.positions.size();
  if (field.group.dtype != DType::kFloat32 || width < 2) return;
  const bool image = field.shape.size() == 3 && field.shape[0] > 1 && field.shape[0] <= 4;
  const std::uint64_t affordable = std::max<std::uint64_t>(kFewestRows, kValuesLookedAt / width);
  const std::uint64_t rows = std::min({job.rows(false), kRowsLookedAt, affordable});
  std::vector<std::byte> bytes(width * sizeof(float));
  std::vector<float> values(rows * width);
  const auto row = [&](std::uint64_t r) { return std::span(values).subspan(r * width, width); };
  Seen seen(width);
  for (std::uint64_t r = 0; r < rows; ++r) {
    job.gather(field, false, r, bytes);
    load_numbers(field.group.dtype, bytes, row(r));
    seen.add(row(r));
  }
  RowCounts whole, channels;
  for (std::uint64_t r = 0; r < rows; ++r) {
    whole.count(row(r), seen.numbers(), 1);
    if (image && width >= 2 * field.shape[0])
      channels.count(row(r), seen.numbers(), field.shape[0]);
  }
  if (seen.categories()) return;
  whole.raise(shares.whole, seen.few());
  channels.raise(shares.channels, seen.few());
}

// Those where it is in all rows, while it is in fewer of all others'.
std::vector<std::size_t> scaled_streams(const std::vector<double>& shares) {
  std::vector<std::size_t> scaled;
  for (std::size_t s = 0; s < shares.size(); ++s) {
    if (shares[s] >= kLeastShare)
      scaled.push_back(s);
    else if (shares[s] > kMostElsewhere)
      return {};
  }
  return scaled.size() < shares.size() ? scaled : std::vector<std::size_t>{};
}

}  // namespace

void check_row_scaling(const FailureInput& input, TellList& out) {
  std::vector<StreamShares> all;
  for (const ViewedSubnetwork& sub : input.job.subnetworks()) {
    StreamShares& shares = all.emplace_back();
    for (const ViewedColumns& field : sub.features) look_at(input.job, field, shares);
  }
  std::vector<std::vector<std::size_t>> named;
  const auto report = [&](Shares StreamShares::*of, std::size_t kind, const char* where) {
    std::vector<double> shares;
    for (const StreamShares& one : all) shares.push_back((one.*of)[kind]);
    const auto streams = scaled_streams(shares);
    // Of what holds at once, the strictest says it all.
    if (streams.empty() || std::ranges::find(named, streams) != named.end()) return;
    named.push_back(streams);
    double elsewhere = 0;
    for (const double share : shares)
      if (share < kLeastShare) elsewhere = std::max(elsewhere, share);
    out.push_back(
        {"exact rows", streams,
         fmt::format(
             "all rows of {} have {}{}, as after a scaler of single rows, of the others {:.0f} %",
             streams_text(streams), kKinds[kind].what, where, 100 * elsewhere),
         "scale the rows of all tasks so, or let the model scale them"});
  };
  for (std::size_t k = 0; k < kKinds.size(); ++k) {
    report(&StreamShares::channels, k, " in each channel");
    report(&StreamShares::whole, k, "");
  }
}

}  // namespace amalgam
