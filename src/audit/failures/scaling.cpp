#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "audit/stream_habits.h"
#include "base/counted.h"

namespace amalgam {
namespace {

// Of a stream's columns, so that it counts as scaled.
constexpr double kLeastShare = 0.9;
// With fewer columns a mean alone may be 0 by accident.
constexpr std::size_t kLeastColumns = 3;
// Means of real columns are off by the deviation over the root of the rows; a scaler's are off by
// the rounding of its results.
constexpr double kExactMean = 1e-4, kExactVariance = 2e-4, kOfChance = 0.01;
// Of columns that are not all scaled so many are no accident: of few columns one, which has both.
constexpr double kSureColumns = 3;
constexpr std::size_t kFewColumns = 64;
// A scaler that was fitted on these rows and more leaves means as chance does, around 0.
constexpr double kChanceMean = 4.5, kNearDeviation = 0.1;
constexpr std::size_t kManyColumns = 8;
// Extremes that so many rows share are where values end, not where a scaler put them.
constexpr double kMostAtEnds = 0.05, kMostAtEndsOfImages = 0.002;
// A scaler that multiplies in float32 misses ends by some steps, and leaves a grid around 0, where
// fewer last bits are odd than half but for chance.
constexpr double kExactEnds = 4e-6, kLeastGap = 0.01, kDeviations = 4;

// What rounding to float32 leaves of one value around 0, in deviations; a median of means that is
// so many times more was left by float32, and one of less than so many times by float64.
constexpr double kRounding = 2.4e-8, kCoarse = 5, kFine = 2;
constexpr std::uint64_t kRareEnds = 4;
// Fewer rows have no exact mean that chance could not give.
constexpr std::uint64_t kLeastHeldOut = 16;

constexpr const char* kCure =
    "scale each task's data by itself, or none beforehand ([input] mean = \"fit\")";

struct Scaled {
  double standard = 0, near = 0, ends = 0;  // shares of columns
  double exact = 0, targets = 0;            // how many are standard, of features and of targets
};

// Float32 fields' columns that have more than two values, and the channels of samples of several
// dimensions, which may come first or last.
struct Columns {
  std::vector<ColumnFacts> all, first, last;
  bool image = false;
};

// Rows that a scaler may have been fitted on, by sub-network.
struct Rows {
  std::vector<Columns> columns;
  const char* which;  // "", or what follows what is said of them
};

// All values of a channel together.
template <typename ChannelOf>
void add_channels(const FieldFacts& field, std::size_t count, ChannelOf channel_of,
                  std::vector<ColumnFacts>& out) {
  std::vector<std::optional<ColumnFacts>> channels(count);
  for (std::size_t c = 0; c < field.columns.size(); ++c) {
    std::optional<ColumnFacts>& channel = channels[channel_of(c)];
    channel = channel ? pooled(*channel, field.columns[c]) : field.columns[c];
  }
  for (const auto& channel : channels)
    if (channel && !channel->constant()) out.push_back(*channel);
}

Columns columns_of(const StreamFacts& facts) {
  Columns found;
  for (const FieldFacts& field : facts.features) {
    if (field.dtype != DType::kFloat32) continue;
    for (const ColumnFacts& column : field.columns)
      if (column.graded()) found.all.push_back(column);
    if (field.shape.size() < 2) continue;
    found.image = found.image || field.shape.size() == 3;
    const std::size_t first = field.columns.size() / field.shape.front();
    add_channels(
        field, field.shape.front(), [&](std::size_t c) { return c / first; }, found.first);
    const std::size_t last = field.shape.back();
    add_channels(
        field, last, [&](std::size_t c) { return c % last; }, found.last);
  }
  return found;
}

bool exact_mean(const ColumnFacts& column) {
  const double rows = static_cast<double>(column.rows);
  const double off = std::min(kExactMean, kOfChance / std::sqrt(rows));
  return std::abs(column.mean) <= off * std::sqrt(column.variance);
}

// Divided by the rows, or by one less.
bool exact_variance(const ColumnFacts& column) {
  const double rows = static_cast<double>(column.rows);
  const double off = std::min(kExactVariance, kOfChance / std::sqrt(rows));
  return std::abs(column.variance - 1) < off ||
         std::abs(column.variance * rows / (rows - 1) - 1) < off;
}

bool near_standard(const ColumnFacts& column) {
  const double deviation = std::sqrt(column.variance);
  return std::abs(column.mean) <=
             kChanceMean * deviation / std::sqrt(static_cast<double>(column.rows)) &&
         std::abs(deviation - 1) <= kNearDeviation;
}

bool exact_ends(const ColumnFacts& column, bool image) {
  const double most =
      (image ? kMostAtEndsOfImages : kMostAtEnds) * static_cast<double>(column.rows);
  const double at_ends = static_cast<double>(column.at_least + column.at_most);
  const double least = column.least < -kExactEnds ? -1 : 0;
  return std::abs(column.least - least) <= kExactEnds && std::abs(column.most - 1) <= kExactEnds &&
         at_ends <= std::max(4.0, most);
}

template <typename Holds>
double share(const std::vector<ColumnFacts>& columns, std::size_t least, Holds holds) {
  if (columns.size() < least) return 0;
  const auto count = std::count_if(columns.begin(), columns.end(), holds);
  return static_cast<double>(count) / static_cast<double>(columns.size());
}

Scaled scaled(const Columns& columns, const StreamFacts& facts) {
  const auto both = [](const ColumnFacts& c) { return exact_mean(c) && exact_variance(c); };
  Scaled found;
  found.standard =
      std::max({share(columns.all, kLeastColumns, exact_mean), share(columns.all, 1, both),
                share(columns.first, 1, both), share(columns.last, 1, both)});
  for (const ColumnFacts& column : columns.all) found.exact += both(column) ? 1 : 0;
  for (const FieldFacts& field : facts.targets)
    for (const ColumnFacts& column : field.columns)
      found.targets += column.graded() && both(column) ? 1 : 0;
  // Pixels are alike, so that all of them may be near at once.
  if (!columns.image) found.near = share(columns.all, kManyColumns, near_standard);
  const auto ends = [&](const ColumnFacts& c) { return exact_ends(c, columns.image); };
  found.ends = std::max({share(columns.all, kLeastColumns, ends), share(columns.first, 1, ends),
                         share(columns.last, 1, ends)});
  return found;
}

// Streams that were scaled in several ways, none of them left as it was: of a way that several have
// nothing tells whose it is.
bool all_scaled(const std::vector<Scaled>& all) {
  return std::all_of(all.begin(), all.end(), [](const Scaled& one) {
    return std::max({one.standard, one.near, one.ends}) >= kLeastShare;
  });
}

bool report(const Rows& rows, const std::vector<Scaled>& all, double Scaled::*share,
            const char* what, TellList& out) {
  std::vector<double> shares;
  for (const Scaled& one : all) shares.push_back(one.*share);
  const auto streams = standing_out(shares, kLeastShare);
  if (streams.empty() || (streams.size() > 1 && all_scaled(all))) return false;
  out.push_back({"exact columns", streams,
                 fmt::format("{:.0f} % of the columns of {} have {}{}, as after a scaler that was "
                             "fitted on them, of the others hardly any",
                             100 * shares[streams[0]], streams_text(streams), what, rows.which),
                 kCure});
  return true;
}

// Where only some columns are scaled, or targets are (`whose`).
void report_count(const Rows& rows, const std::vector<Scaled>& all, double Scaled::*count,
                  double least, const char* whose, const char* cure, TellList& out) {
  std::vector<double> counts;
  for (const Scaled& one : all) counts.push_back(one.*count);
  const auto streams = standing_out(counts, least);
  if (streams.empty()) return;
  const auto found = static_cast<std::uint64_t>(counts[streams[0]]);
  out.push_back(
      {"exact columns", streams,
       fmt::format("{}{} of {} {} a mean of exactly 0 and a deviation of exactly 1{}, as after a "
                   "scaler that was fitted on them, of the others hardly any",
                   counted(found, "column"), whose, streams_text(streams),
                   by_count(found, "has", "have"), rows.which),
       cure});
}

// How far means of 0 are off, in what rounding to float32 leaves of them, of columns whose extremes
// are rare: of few different values each is rounded in one way, and their means are off by more.
// Nothing for few such columns.
std::optional<double> coarseness(const Columns& columns) {
  std::vector<double> off;
  for (const ColumnFacts& column : columns.all) {
    if (!exact_mean(column) || column.at_least + column.at_most > kRareEnds) continue;
    const double rounding = kRounding / std::sqrt(static_cast<double>(column.rows));
    off.push_back(std::abs(column.mean) / std::sqrt(column.variance) / rounding);
  }
  if (off.size() < kLeastColumns) return std::nullopt;
  const auto middle = off.begin() + static_cast<std::ptrdiff_t>(off.size() / 2);
  std::nth_element(off.begin(), middle, off.end());
  return *middle;
}

// Where all were scaled, some in float64 and some in float32.
void compare_rounding(const Rows& rows, TellList& out) {
  std::vector<std::size_t> coarse;
  double least = std::numeric_limits<double>::infinity(), most = 0;
  for (std::size_t s = 0; s < rows.columns.size(); ++s) {
    const auto found = coarseness(rows.columns[s]);
    if (!found) return;
    if (*found > kCoarse) coarse.push_back(s);
    least = std::min(least, *found), most = std::max(most, *found);
  }
  if (coarse.empty() || least > kFine) return;
  out.push_back(
      {"exact columns", coarse,
       fmt::format("means of 0{} in columns of {} are off by {:.0f} times what rounding "
                   "leaves, of the others by {:.1f}: a scaler that computes in float32 "
                   "was fitted on them",
                   rows.which, streams_text(coarse), most, least),
       "scale in float64, or let [input] mean = \"fit\" and std = \"fit\" scale all data"});
}

// The odd last bits of columns that end at 0 or -1 and at 1, and how many values these have.
struct LastBits {
  double odd = 0, values = 0;

  bool few() const {
    return odd < values / 2 - std::max(kLeastGap * values, kDeviations * std::sqrt(values) / 2);
  }
};

LastBits last_bits(const Columns& columns) {
  LastBits bits;
  for (const ColumnFacts& column : columns.all) {
    if (!exact_ends(column, columns.image)) continue;
    bits.odd += static_cast<double>(column.odd);
    // Their bits say nothing.
    bits.values += static_cast<double>(column.rows - column.at_least - column.at_most);
  }
  return bits;
}

// Where all were scaled to the same ends.
void compare_last_bits(const Rows& rows, TellList& out) {
  std::vector<std::size_t> few;
  double least = 1, most = 0;
  for (std::size_t s = 0; s < rows.columns.size(); ++s) {
    const LastBits bits = last_bits(rows.columns[s]);
    if (bits.values == 0) return;
    if (bits.few()) few.push_back(s);
    least = std::min(least, bits.odd / bits.values);
    most = std::max(most, bits.odd / bits.values);
  }
  if (few.empty() || few.size() == rows.columns.size()) return;
  out.push_back(
      {"exact columns", few,
       fmt::format("columns of {} end at exactly 1{}, and few of their last bits are odd "
                   "({:.0f} %, of the others up to {:.0f} %): a scaler that computes in "
                   "float32 was fitted on them",
                   streams_text(few), rows.which, 100 * least, 100 * most),
       "scale in float64, or let [input] mean = \"fit\" and std = \"fit\" scale all data"});
}

// `which`: as Rows has it.
void check(const std::vector<StreamFacts>& streams, const char* which, TellList& out) {
  Rows rows{{}, which};
  for (const StreamFacts& facts : streams) rows.columns.push_back(columns_of(facts));
  compare_rounding(rows, out);
  compare_last_bits(rows, out);
  std::vector<Scaled> all;
  bool few = true;
  for (std::size_t s = 0; s < streams.size(); ++s) {
    all.push_back(scaled(rows.columns[s], streams[s]));
    few = few && rows.columns[s].all.size() <= kFewColumns;
  }
  if (!report(rows, all, &Scaled::standard, "a mean of exactly 0", out)) {
    report(rows, all, &Scaled::near, "a mean of 0 and a deviation of 1 but for chance", out);
    if (!all_scaled(all))
      report_count(rows, all, &Scaled::exact, few ? 1 : kSureColumns, "", kCure, out);
  }
  report_count(rows, all, &Scaled::targets, 1, " of targets",
               "scale the targets of all tasks, or of none", out);
  report(rows, all, &Scaled::ends, "extremes of exactly 0 and 1", out);
}

}  // namespace

void check_scaling(const FailureInput& input, TellList& out) {
  const std::size_t before = out.size();
  check(input.facts, "", out);
  // What training rows show, all rows show in part.
  if (out.size() > before || input.held_out.empty()) return;
  std::vector<StreamFacts> all;
  for (std::size_t s = 0; s < input.facts.size(); ++s)
    all.push_back(of_all_rows(input.facts[s], input.held_out[s]));
  check(all, " in training and held-out rows together", out);
  if (out.size() == before && input.job.rows(true) >= kLeastHeldOut)
    check(input.held_out, " in held-out rows", out);
}

}  // namespace amalgam
