#include "audit/stream_facts.h"

#include <algorithm>
#include <array>
#include <limits>
#include <map>

#include "audit/numbers.h"
#include "audit/row_digests.h"
#include "base/bytes.h"
#include "base/parallel.h"

namespace amalgam {
namespace {

// Partial sums that are held at a time, and the most parts that rows are cut into: both are
// functions of the sizes alone, so that sums do not depend on threads.
constexpr std::uint64_t kMostSums = std::uint64_t{2} << 20, kMostParts = 16;

// Of one column over some rows. Sums are of differences from the first row's value, which is near
// enough to the mean that squares of large numbers lose nothing.
struct Sums {
  double sum = 0, squares = 0;
  double least = std::numeric_limits<double>::infinity(), most = -least;
  std::uint64_t at_least = 0, at_most = 0;

  void add(double value, double origin) {
    const double from = value - origin;
    sum += from, squares += from * from;
    if (value < least) least = value, at_least = 0;
    if (value > most) most = value, at_most = 0;
    at_least += value == least, at_most += value == most;
  }
  void join(const Sums& other) {
    sum += other.sum, squares += other.squares;
    if (other.least < least) least = other.least, at_least = 0;
    if (other.most > most) most = other.most, at_most = 0;
    at_least += other.least == least ? other.at_least : 0;
    at_most += other.most == most ? other.at_most : 0;
  }
};

ColumnFacts facts_of(const Sums& sums, double origin, std::uint64_t rows) {
  const auto count = static_cast<double>(rows);
  const double from = sums.sum / count;
  return {origin + from, std::max(0.0, sums.squares / count - from * from),
          sums.least,    sums.most,
          sums.at_least, sums.at_most,
          rows};
}

// Reads a field of a stream, and the digests of its rows on top of those of the fields before it.
FieldFacts field_facts(const JobView& job, const ViewedColumns& field, unsigned threads,
                       std::vector<std::uint64_t>& digests) {
  const std::uint64_t rows = job.rows(false), width = field.positions.size();
  const std::uint64_t parts =
      std::clamp<std::uint64_t>(kMostSums / std::max<std::uint64_t>(1, width), 1, kMostParts);
  const std::size_t row_bytes = width * dtype_size(field.group.dtype);
  std::vector<double> origin(width);
  std::vector<std::byte> first(row_bytes);
  job.gather(field, false, 0, first);
  load_numbers(field.group.dtype, first, origin);
  std::vector<std::vector<Sums>> all(parts, std::vector<Sums>(width));
  parallel_blocks(threads, parts, [&](std::uint64_t part) {
    std::vector<std::byte> bytes(row_bytes);
    std::vector<double> values(width);
    std::vector<Sums>& sums = all[part];
    for (std::uint64_t r = part * rows / parts; r < (part + 1) * rows / parts; ++r) {
      job.gather(field, false, r, bytes);
      digests[r] = bytes_digest(digests[r], bytes);
      load_numbers(field.group.dtype, bytes, values);
      for (std::uint64_t i = 0; i < width; ++i) sums[i].add(values[i], origin[i]);
    }
  });
  FieldFacts facts{field.group.dtype, field.shape, {}};
  for (std::uint64_t i = 0; i < width; ++i) {
    Sums joined = all[0][i];
    for (std::uint64_t part = 1; part < parts; ++part) joined.join(all[part][i]);
    facts.columns.push_back(facts_of(joined, origin[i], rows));
  }
  return facts;
}

}  // namespace

StreamFacts facts_of(const JobView& job, std::size_t subnetwork, unsigned threads) {
  const ViewedSubnetwork& sub = job.subnetworks()[subnetwork];
  StreamFacts facts;
  facts.rows.assign(job.rows(false), 0);
  for (const ViewedColumns& field : sub.features)
    facts.features.push_back(field_facts(job, field, threads, facts.rows));
  std::vector<std::uint64_t> unused(job.rows(false));
  for (const ViewedColumns& field : sub.targets)
    if (field.group.dtype == DType::kFloat32)
      facts.targets.push_back(field_facts(job, field, threads, unused));
  if (!sub.has_classes()) return facts;
  std::array<std::byte, 8> label{};
  for (std::uint64_t r = 0; r < job.rows(false); ++r) {
    job.gather(sub.targets[0], false, r, label);
    facts.labels.push_back(load_le<std::int64_t>(label));
  }
  return facts;
}

std::vector<std::uint64_t> class_sizes(const std::vector<std::int64_t>& labels) {
  std::map<std::int64_t, std::uint64_t> counts;
  for (const std::int64_t label : labels) ++counts[label];
  std::vector<std::uint64_t> sizes;
  for (const auto& [label, count] : counts) sizes.push_back(count);
  return sizes;
}

}  // namespace amalgam
