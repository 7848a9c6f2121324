#include "audit/tables/stream_columns.h"

#include <bit>
#include <string>
#include <unordered_set>

namespace amalgam {
namespace {

constexpr std::uint64_t kLeastRows = 64;
// A column has another value than the row before it in this part of the rows at least.
constexpr std::uint64_t kPart = 20;
constexpr double kNever = 1e-12;

// FNV-1a (Fowler, Noll, Vo) over whole values.
constexpr std::uint64_t kOffset = 0xcbf29ce484222325, kPrime = 0x100000001b3;

}  // namespace

std::optional<Measured> copied_columns(const StreamSample& sample) {
  if (sample.kind == SampleKind::kText || sample.rows < kLeastRows) return std::nullopt;
  std::vector<std::uint64_t> digests(sample.width, kOffset), changes(sample.width);
  for (std::uint64_t r = 0; r < sample.rows; ++r) {
    const auto row = sample.row(r), before = sample.row(r == 0 ? 0 : r - 1);
    for (std::uint64_t i = 0; i < sample.width; ++i) {
      digests[i] = (digests[i] ^ std::bit_cast<std::uint32_t>(row[i])) * kPrime;
      changes[i] += row[i] != before[i] ? 1 : 0;
    }
  }
  std::unordered_set<std::uint64_t> seen;
  std::uint64_t copies = 0;
  for (std::uint64_t i = 0; i < sample.width; ++i)
    if (changes[i] * kPart >= sample.rows && !seen.insert(digests[i]).second) ++copies;
  return measured_fact(static_cast<double>(copies), copies > 0, std::to_string(copies), kNever);
}

}  // namespace amalgam
