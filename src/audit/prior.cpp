#include "audit/prior.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <tuple>

#include "audit/attacks/tokens.h"
#include "audit/public_tokens.h"
#include "audit/resemblance.h"
#include "audit/table_beside.h"
#include "base/counted.h"
#include "base/parallel.h"

namespace amalgam {
namespace {

constexpr std::uint64_t kMostSamples = 256, kLeastSamples = 10, kMostRows = 768;
// Fewer of wide samples: values in memory.
constexpr std::uint64_t kMostValues = std::uint64_t{32} << 20;
// How rarely chance may make a difference as large, for all DATA together.
constexpr double kAlpha = 0.01;

using TokenRows = std::vector<std::vector<std::uint64_t>>;

std::vector<std::uint64_t> evenly(std::uint64_t of, std::uint64_t count) {
  std::vector<std::uint64_t> rows;
  for (std::uint64_t i = 0; i < std::min(of, count); ++i)
    rows.push_back(i * of / std::min(of, count));
  return rows;
}

void check_count(std::uint64_t found, const std::string& data) {
  if (found < kLeastSamples)
    throw Error(ErrorCode::kInvalid, data,
                fmt::format("holds {}; to compare streams with, at least {} are needed",
                            counted(found, "sample"), kLeastSamples));
}

bool is_as(const StreamSample& samples, const StreamSample& stream) {
  if (samples.kind != stream.kind) return false;
  if (samples.kind == SampleKind::kText) return true;
  return samples.dtype == stream.dtype && samples.width == stream.width &&
         samples.planes.channels == stream.planes.channels &&
         samples.planes.height == stream.planes.height;
}

// The rows of a stream as the tokenizer numbered them.
TokenRows tokens_of(const StreamSample& stream, const std::vector<std::uint32_t>& numbers) {
  std::map<std::uint64_t, std::uint64_t> back;
  for (std::size_t token = 0; token < numbers.size(); ++token) back[numbers[token]] = token;
  TokenRows rows;
  for (std::uint64_t r = 0; r < std::min(kMostRows, stream.rows); ++r) {
    rows.push_back(row_tokens(stream, r));
    for (std::uint64_t& token : rows.back())
      if (const auto found = back.find(token); found != back.end()) token = found->second;
  }
  return rows;
}

// DATA, in the form of whichever stream it is compared with.
class Samples {
 public:
  Samples(const std::string& data, const PriorInput& input) : data_(data), input_(input) {
    table_ = table_beside(data, input.key_path, input.key);
    if (is_text()) {
      read_texts();
    } else {
      for (const StreamSample& stream : input.samples)
        most_ = std::clamp(kMostValues / stream.width, kLeastSamples, most_);
      for (const StreamSample& stream : input.samples) read_like(stream);
    }
    check_fits();
  }

  std::uint64_t count() const { return count_; }

  // Empty where it can be compared with that stream; else what it holds.
  std::string unlike(std::size_t stream) const {
    const StreamSample& taken = input_.samples[stream];
    if (is_text()) return taken.kind == SampleKind::kText ? "" : "texts";
    const StreamSample& held = held_as(taken);
    return is_as(held, taken) ? "" : described(held);
  }

  // REQUIRES: unlike(stream) is empty.
  Resemblance compared(std::size_t stream) const {
    const StreamSample& rows = input_.samples[stream];
    if (rows.kind == SampleKind::kText)
      return resemblance(cut(is_text() ? texts_ : tokens_of_rows(held_as(rows)), rows),
                         tokens_of(rows, input_.numbers[stream]), input_.seed);
    StreamSample first = rows;
    keep_rows(first, kMostRows);
    return resemblance(held_as(rows), first, input_.seed);
  }

 private:
  // Images are scaled to the size that a stream has; all else is what it is.
  using Form = std::tuple<SampleKind, std::uint64_t, std::uint64_t, std::uint64_t>;
  static Form form_of(const StreamSample& like) {
    if (like.kind != SampleKind::kImage) return {like.kind, 0, 0, 0};
    return {like.kind, like.planes.channels, like.planes.height, like.planes.width};
  }
  const StreamSample& held_as(const StreamSample& stream) const {
    return forms_.at(form_of(stream));
  }

  bool is_text() const { return is_text_file(data_) && !table_; }

  void read_texts() {
    check_text_fits(data_, input_.samples);
    const TokenRows all =
        public_tokens(data_, input_.key_path, input_.key, input_.libraries.text).texts;
    for (const std::uint64_t row : evenly(all.size(), kMostSamples)) texts_.push_back(all[row]);
    count_ = texts_.size();
    check_count(count_, data_);
  }

  void read_like(const StreamSample& stream) {
    if (forms_.count(form_of(stream))) return;
    const Dataset data = table_ ? *table_ : open_like(data_, stream, input_.libraries);
    check_count(data.rows(), data_);
    forms_[form_of(stream)] = sample_dataset(data, evenly(data.rows(), most_));
    count_ = std::min(data.rows(), most_);
  }

  void check_fits() const {
    for (std::size_t s = 0; s < input_.samples.size(); ++s)
      if (unlike(s).empty()) return;
    throw Error(ErrorCode::kInvalid, data_,
                fmt::format("holds {}, but the job's streams are {}; give samples as your own data "
                            "was given to obfuscate",
                            unlike(0), described(input_.samples.front())));
  }

  static TokenRows tokens_of_rows(const StreamSample& held) {
    TokenRows rows;
    for (std::uint64_t r = 0; r < held.rows; ++r) rows.push_back(row_tokens(held, r));
    return rows;
  }
  // As long as the stream's.
  static TokenRows cut(TokenRows texts, const StreamSample& stream) {
    for (auto& text : texts) text.resize(std::min<std::size_t>(text.size(), stream.width));
    return texts;
  }

  const std::string& data_;
  const PriorInput& input_;
  std::uint64_t most_ = kMostSamples, count_ = 0;
  std::optional<Dataset> table_;  // of a CSV file, where the job has one of its kind
  TokenRows texts_;
  std::map<Form, StreamSample> forms_;
};

// By how many deviations the nearest stream is nearer than each of the other role: what a cloud
// would have to be sure of to be right, or to be wrong.
double lead(const std::vector<Resemblance>& found, std::size_t nearest,
            const std::vector<std::size_t>& wanted) {
  const auto is_wanted = [&](std::size_t s) {
    return std::count(wanted.begin(), wanted.end(), s) > 0;
  };
  double least = std::numeric_limits<double>::infinity();
  bool others = false;
  for (std::size_t s = 0; s < found.size(); ++s) {
    if (is_wanted(s) == is_wanted(nearest)) continue;
    others = true;
    least = std::min(least, farther(found[nearest], found[s]));
  }
  return others ? least : 0;
}

}  // namespace

PriorRanking rank_streams(const std::string& data, const PriorInput& input) {
  const Samples samples(data, input);
  const std::size_t count = input.samples.size();
  std::vector<Resemblance> found(count);
  parallel_blocks(input.threads, count, [&](std::uint64_t s) {
    found[s] = samples.unlike(s).empty() ? samples.compared(s) : none_of_it(samples.count());
  });
  PriorRanking ranking{data, samples.count(), {}};
  for (std::size_t s = 0; s < count; ++s) {
    const Interval within = found[s].within();
    ranking.streams.push_back({s, found[s].auc(), within.low, within.high, samples.unlike(s)});
  }
  std::stable_sort(ranking.streams.begin(), ranking.streams.end(),
                   [](const auto& a, const auto& b) { return a.auc < b.auc; });
  const std::size_t nearest = ranking.streams.front().subnetwork;
  ranking.right = std::count(input.wanted.begin(), input.wanted.end(), nearest) > 0;
  ranking.p = std::erfc(std::max(0.0, lead(found, nearest, input.wanted)) / std::sqrt(2.0));
  ranking.resembles = ranking.streams.front().auc < kResembles;
  const auto tried = static_cast<double>(input.priors * input.wanted.size());
  ranking.sure = ranking.resembles && ranking.p < kAlpha / tried;
  return ranking;
}

std::optional<AuditNote> note_of(const PriorRanking& ranking) {
  if (!ranking.sure || ranking.right) return std::nullopt;
  const std::size_t decoy = ranking.streams.front().subnetwork;
  return AuditNote{"prior",
                   {decoy},
                   fmt::format("sub-network {} is most like {}", decoy, ranking.data),
                   "a cloud that has such samples would take that decoy for yours"};
}

}  // namespace amalgam
