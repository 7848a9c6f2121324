#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "audit/differences.h"
#include "audit/main_feature.h"

namespace amalgam {
namespace {

constexpr double kLeastShare = 0.01;
// Bits of a difference hash (N. Krawetz, 2013) that may differ.
constexpr int kNear = 3;
constexpr std::size_t kHashed = 512;  // rows of a stream

RowDigests sorted(RowDigests digests) {
  std::sort(digests.begin(), digests.end());
  return digests;
}

// 64 bits that say where brightness falls from left to right, on an image of 9x8: they stay where
// an image is scaled or compressed. 0: flat.
std::uint64_t difference_hash(const Planes& planes, std::span<const float> row) {
  double grid[8][9] = {}, counts[8][9] = {};
  for (std::uint64_t i = 0; i < row.size(); ++i) {
    const std::uint64_t y = i / planes.width % planes.height, x = i % planes.width;
    grid[y * 8 / planes.height][x * 9 / planes.width] += static_cast<double>(row[i]);
    counts[y * 8 / planes.height][x * 9 / planes.width] += 1;
  }
  std::uint64_t hash = 0;
  for (int y = 0; y < 8; ++y)
    for (int x = 0; x < 8; ++x) {
      const double left = grid[y][x] / std::max(1.0, counts[y][x]);
      const double right = grid[y][x + 1] / std::max(1.0, counts[y][x + 1]);
      hash = hash << 1 | (left > right);
    }
  return hash;
}

std::vector<std::uint64_t> hashes(const StreamSample& sample, std::size_t most) {
  std::vector<std::uint64_t> all;
  if (sample.kind != SampleKind::kImage || sample.planes.height < 8 || sample.planes.width < 9)
    return all;
  for (std::uint64_t r = 0; r < std::min<std::uint64_t>(most, sample.rows); ++r) {
    const std::uint64_t hash = difference_hash(sample.planes, sample.row(r));
    const int bits = std::popcount(hash);
    if (bits >= 12 && bits <= 52) all.push_back(hash);  // others are alike by chance
  }
  return all;
}

double near_share(const std::vector<std::uint64_t>& own, const std::vector<std::uint64_t>& all) {
  double found = 0;
  for (const std::uint64_t a : own)
    found += std::any_of(all.begin(), all.end(),
                         [&](std::uint64_t b) { return std::popcount(a ^ b) <= kNear; });
  return own.empty() ? 0 : found / static_cast<double>(own.size());
}

}  // namespace

std::vector<double> check_earlier(const FailureInput& input, const JobView& earlier,
                                  TellList& out) {
  std::vector<double> shares(input.facts.size());
  for (std::size_t e = 0; e < earlier.subnetworks().size(); ++e) {
    const RowDigests set = sorted(digest_stream(earlier, e, 0));
    for (std::size_t s = 0; s < shares.size(); ++s)
      shares[s] = std::max(shares[s], share_in(input.facts[s].samples, set));
  }
  const auto streams = standing_out(shares, kLeastShare);
  if (streams.empty()) return shares;
  out.push_back({"earlier job", streams,
                 fmt::format("{:.1f} % of the rows of {} are in {} as well, of the others not",
                             100 * shares[streams[0]], streams_text(streams),
                             earlier.folder().filename().string()),
                 "make the second job with --like and the first one's key"});
  return shares;
}

void check_public(const FailureInput& input, const Dataset& data, FailureList& out) {
  const RowDigests set = sorted(digest_dataset(data));
  std::vector<double> shares;
  std::vector<std::uint64_t> known;
  for (const StreamFacts& facts : input.facts) shares.push_back(share_in(facts.samples, set));
  const Field& field = main_feature(data);
  if (sample_kind(field.tensor.dtype, field.sample_shape()) == SampleKind::kImage)
    known = hashes(sample_dataset(data, first_rows(data.rows())), data.rows());
  bool near = false;
  for (std::size_t s = 0; s < shares.size(); ++s) {
    const double similar = near_share(hashes(input.samples[s], kHashed), known);
    // Pictures of one kind resemble each other now and then.
    if (similar > 0.2 && similar > shares[s]) shares[s] = similar, near = true;
  }
  const auto streams = standing_out(shares, kLeastShare);
  const double most = *std::max_element(shares.begin(), shares.end());
  if (streams.empty() && most < kLeastShare) return;
  out.push_back({"public data", streams,
                 fmt::format("{:.1f} % of the rows of {} are {}in public data ({})", 100 * most,
                             streams.empty() ? "all sub-networks" : streams_text(streams),
                             near ? "nearly " : "", data.where),
                 "use data that nobody else has"});
}

}  // namespace amalgam
