#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "audit/differences.h"
#include "audit/stream_habits.h"
#include "audit/text_copies.h"
#include "audit/thumbnails.h"

namespace amalgam {
namespace {

// Rows that are compared with each other.
constexpr std::uint64_t kRows = 4096;
// Values that are read for it at a time. Vectors are scaled by what is read together, which is all.
constexpr std::uint64_t kMostValues = std::uint64_t{16} << 20;
// A copy is as near in comparison with the 16th nearest. In images of one kind, whose differences
// have eight and more dimensions, fewer than 1 in 500 are; numbers may have fewer dimensions.
constexpr float kNear = 0.25F, kNearNumbers = 0.05F;
constexpr double kLeastShare = 0.01;
constexpr std::uint64_t kLeastRows = 64;
// A few are like others by accident.
constexpr double kLeastCopies = 8;
// Of texts, whose copies take no comparison of all with all.
constexpr std::uint64_t kTexts = 65536;

// Thumbnails of many rows, of which few are held at a time.
Thumbnails read_thumbnails(const JobView& job, std::size_t subnetwork,
                           const std::vector<std::uint64_t>& rows) {
  const std::uint64_t width = job.subnetworks()[subnetwork].main_feature().positions.size();
  const std::uint64_t step = std::clamp<std::uint64_t>(kMostValues / width, 1, kRows);
  Thumbnails all;
  for (std::uint64_t first = 0; first < rows.size(); first += step) {
    const auto begin = rows.begin() + static_cast<std::ptrdiff_t>(first);
    const auto count = std::min<std::uint64_t>(step, rows.size() - first);
    const std::vector<std::uint64_t> some(begin, begin + static_cast<std::ptrdiff_t>(count));
    const Thumbnails part = thumbnails(sample_stream(job, subnetwork, false, some));
    if (part.rows == 0) return part;
    all.image = part.image, all.width = part.width, all.rows += part.rows;
    all.values.insert(all.values.end(), part.values.begin(), part.values.end());
  }
  return all;
}

double near_share(const std::vector<float>& parts, float most) {
  const auto near = std::count_if(parts.begin(), parts.end(), [&](float p) { return p < most; });
  return static_cast<double>(near) / static_cast<double>(parts.size());
}

// `rows`: of how many, at most, the shares are.
void report(const std::vector<double>& shares, double rows, const char* what, TellList& out) {
  const auto with = standing_out(shares, std::max(kLeastShare, kLeastCopies / rows));
  if (with.empty()) return;
  const std::vector<std::size_t> without = all_but(with, shares.size());
  out.push_back(
      {"near copies", without,
       fmt::format("{:.1f} % of some rows of {} are {} others, of {} hardly any",
                   100 * shares[with[0]], streams_text(with), what, streams_text(without)),
       "take decoys' data as it is, without copies or mirror images that were added"});
}

// The share of texts that are nearly others; nothing where too few are long enough.
std::optional<double> copied_texts(const JobView& job, std::size_t subnetwork,
                                   const StreamFacts& facts) {
  // Those that are others again are said elsewhere.
  const std::vector<std::uint64_t> rows = different_rows(facts.rows, kTexts);
  const std::uint64_t width = job.subnetworks()[subnetwork].main_feature().positions.size();
  const std::uint64_t step = std::clamp<std::uint64_t>(kMostValues / width, 1, kTexts);
  TextCopies copies;
  for (std::uint64_t first = 0; first < rows.size(); first += step) {
    const std::uint64_t end = std::min<std::uint64_t>(rows.size(), first + step);
    copies.add(sample_stream(job, subnetwork, false,
                             {rows.begin() + static_cast<std::ptrdiff_t>(first),
                              rows.begin() + static_cast<std::ptrdiff_t>(end)}));
  }
  if (copies.texts() < kLeastRows) return std::nullopt;
  return static_cast<double>(copies.copied()) / static_cast<double>(copies.texts());
}

void check_texts(const FailureInput& input, TellList& out) {
  std::vector<double> shares;
  for (std::size_t s = 0; s < input.facts.size(); ++s) {
    const auto share = copied_texts(input.job, s, input.facts[s]);
    if (!share) return;
    shares.push_back(*share);
  }
  const auto rows = static_cast<double>(std::min(input.job.rows(false), kTexts));
  report(shares, rows, "nearly", out);
}

}  // namespace

void check_copies(const FailureInput& input, unsigned threads, TellList& out) {
  if (std::all_of(input.samples.begin(), input.samples.end(),
                  [](const StreamSample& sample) { return sample.kind == SampleKind::kText; }))
    return check_texts(input, out);
  std::vector<double> copies, mirrored;
  for (std::size_t s = 0; s < input.facts.size(); ++s) {
    const Thumbnails small =
        read_thumbnails(input.job, s, different_rows(input.facts[s].rows, kRows));
    if (small.rows < kLeastRows) return;
    const NearestCopies nearest = nearest_copies(small, threads);
    copies.push_back(near_share(nearest.copy, small.image ? kNear : kNearNumbers));
    mirrored.push_back(small.image ? near_share(nearest.mirrored, kNear) : 0);
  }
  const auto rows = static_cast<double>(std::min(input.job.rows(false), kRows));
  report(copies, rows, "nearly", out);
  report(mirrored, rows, "nearly mirror images of", out);
}

}  // namespace amalgam
