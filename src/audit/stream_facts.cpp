#include "audit/stream_facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <map>
#include <unordered_set>

#include "amalgam/error.h"
#include "audit/numbers.h"
#include "base/bytes.h"
#include "base/parallel.h"
#include "base/sums.h"

namespace amalgam {
namespace {

// Partial sums that are held at a time, and the most parts that rows are cut into: both are
// functions of the sizes alone, so that sums do not depend on threads.
constexpr std::uint64_t kMostSums = std::uint64_t{2} << 20, kMostParts = 16;

// Of one column over some rows, and how many of them have its least and its greatest value.
struct CountedSums {
  Sums sums;
  std::uint64_t at_least = 0, at_most = 0, odd = 0;

  void add(double value) {
    if (value < sums.least) at_least = 0;
    if (value > sums.most) at_most = 0;
    sums.add(value);
    at_least += value == sums.least, at_most += value == sums.most;
  }
  void join(const CountedSums& others) {
    if (others.sums.least < sums.least) at_least = 0;
    if (others.sums.most > sums.most) at_most = 0;
    sums.join(others.sums);
    at_least += others.sums.least == sums.least ? others.at_least : 0;
    at_most += others.sums.most == sums.most ? others.at_most : 0;
    odd += others.odd;
  }
  ColumnFacts facts() const {
    return {sums.mean(), sums.variance(), sums.least, sums.most,
            at_least,    at_most,         sums.count, odd};
  }
};

// About the values of the first row.
std::vector<CountedSums> sums_about(const std::vector<double>& origins) {
  std::vector<CountedSums> sums(origins.size());
  for (std::size_t c = 0; c < sums.size(); ++c) sums[c].sums.origin = origins[c];
  return sums;
}

// No job has such numbers, and sorting them has no end.
void check_finite(const JobView& job, bool held_out, std::uint64_t row,
                  const std::vector<double>& values) {
  if (std::all_of(values.begin(), values.end(), [](double v) { return std::isfinite(v); })) return;
  throw Error(ErrorCode::kDamaged, job.folder().string(),
              fmt::format("row {} of the {} holds a number that is not finite", row,
                          held_out ? "held-out data" : "training data"));
}

// Called with a row's number and its bytes, on several threads.
using RowReader = std::function<void(std::uint64_t row, Bytes bytes)>;

// Reads a field of a stream, once; `read` sees each of its rows.
FieldFacts field_facts(const JobView& job, const ViewedColumns& field, bool held_out,
                       unsigned threads, const RowReader& read) {
  const std::uint64_t rows = job.rows(held_out), width = field.positions.size();
  const std::uint64_t parts =
      std::clamp<std::uint64_t>(kMostSums / std::max<std::uint64_t>(1, width), 1, kMostParts);
  const std::size_t row_bytes = width * dtype_size(field.group.dtype);
  std::vector<double> origin(width);
  std::vector<std::byte> first(row_bytes);
  job.gather(field, held_out, 0, first);
  load_numbers(field.group.dtype, first, origin);
  std::vector<std::vector<CountedSums>> all(parts, sums_about(origin));
  parallel_blocks(threads, parts, [&](std::uint64_t part) {
    std::vector<std::byte> bytes(row_bytes);
    std::vector<double> values(width);
    std::vector<CountedSums>& sums = all[part];
    for (std::uint64_t r = part * rows / parts; r < (part + 1) * rows / parts; ++r) {
      job.gather(field, held_out, r, bytes);
      read(r, bytes);
      load_numbers(field.group.dtype, bytes, values);
      if (is_floating(field.group.dtype)) check_finite(job, held_out, r, values);
      for (std::uint64_t i = 0; i < width; ++i) sums[i].add(values[i]);
      if (field.group.dtype == DType::kFloat32)
        for (std::uint64_t i = 0; i < width; ++i)
          sums[i].odd += load_le<std::uint32_t>(bytes, i * sizeof(float)) & 1;
    }
  });
  FieldFacts facts{field.group.dtype, field.shape, {}};
  for (std::uint64_t i = 0; i < width; ++i) {
    for (std::uint64_t part = 1; part < parts; ++part) all[0][i].join(all[part][i]);
    facts.columns.push_back(all[0][i].facts());
  }
  return facts;
}

}  // namespace

ColumnFacts joined(std::span<const ColumnFacts> columns) {
  ColumnFacts all{0, 0, columns[0].least, columns[0].most, 0, 0, columns[0].rows};
  const auto count = static_cast<double>(columns.size());
  for (const ColumnFacts& column : columns) all.mean += column.mean / count;
  for (const ColumnFacts& column : columns) {
    const double from = column.mean - all.mean;
    all.variance += (column.variance + from * from) / count;
  }
  return all;
}

ColumnFacts pooled(const ColumnFacts& a, const ColumnFacts& b) {
  ColumnFacts all{0,
                  0,
                  std::min(a.least, b.least),
                  std::max(a.most, b.most),
                  0,
                  0,
                  a.rows + b.rows,
                  a.odd + b.odd};
  for (const ColumnFacts& part : {a, b}) {
    all.mean += part.mean * static_cast<double>(part.rows) / static_cast<double>(all.rows);
    all.at_least += part.least == all.least ? part.at_least : 0;
    all.at_most += part.most == all.most ? part.at_most : 0;
  }
  for (const ColumnFacts& part : {a, b})
    all.variance += (part.variance + (part.mean - all.mean) * (part.mean - all.mean)) *
                    static_cast<double>(part.rows) / static_cast<double>(all.rows);
  return all;
}

StreamFacts facts_of(const JobView& job, std::size_t subnetwork, bool held_out, unsigned threads) {
  const ViewedSubnetwork& sub = job.subnetworks()[subnetwork];
  StreamFacts facts;
  facts.rows.assign(job.rows(held_out), 0);
  facts.samples.resize(job.rows(held_out));
  for (const ViewedColumns& field : sub.features) {
    const bool main = &field == &sub.main_feature();
    const auto read = [&](std::uint64_t row, Bytes bytes) {
      facts.rows[row] = bytes_digest(facts.rows[row], bytes);
      if (main) facts.samples[row] = row_digest(field.group.dtype, field.shape, bytes);
    };
    facts.features.push_back(field_facts(job, field, held_out, threads, read));
  }
  for (const ViewedColumns& field : sub.targets)
    if (field.group.dtype == DType::kFloat32)
      facts.targets.push_back(
          field_facts(job, field, held_out, threads, [](std::uint64_t, Bytes) {}));
  facts.more_labels = labels_of(job, sub, held_out);
  if (!facts.more_labels.empty()) {
    facts.labels = std::move(facts.more_labels.front());
    facts.more_labels.erase(facts.more_labels.begin());
  }
  return facts;
}

StreamFacts of_all_rows(const StreamFacts& training, const StreamFacts& held_out) {
  StreamFacts all;
  const auto pool = [](std::vector<FieldFacts> fields, const std::vector<FieldFacts>& others) {
    for (std::size_t f = 0; f < fields.size(); ++f)
      for (std::size_t c = 0; c < fields[f].columns.size(); ++c)
        fields[f].columns[c] = pooled(fields[f].columns[c], others[f].columns[c]);
    return fields;
  };
  all.features = pool(training.features, held_out.features);
  all.targets = pool(training.targets, held_out.targets);
  return all;
}

std::vector<std::vector<std::int64_t>> labels_of(const JobView& job, const ViewedSubnetwork& sub,
                                                 bool held_out) {
  std::vector<std::vector<std::int64_t>> all;
  for (const ViewedColumns* target : sub.classes()) {
    std::vector<std::int64_t>& labels = all.emplace_back();
    std::array<std::byte, 8> label{};
    for (std::uint64_t r = 0; r < job.rows(held_out); ++r) {
      job.gather(*target, held_out, r, label);
      labels.push_back(load_le<std::int64_t>(label));
    }
  }
  return all;
}

std::vector<std::uint64_t> different_rows(const std::vector<std::uint64_t>& rows,
                                          std::uint64_t most) {
  std::unordered_set<std::uint64_t> seen;
  std::vector<std::uint64_t> different;
  for (std::uint64_t r = 0; r < rows.size() && different.size() < most; ++r)
    if (seen.insert(rows[r]).second) different.push_back(r);
  return different;
}

std::vector<std::uint64_t> class_sizes(const std::vector<std::int64_t>& labels) {
  std::map<std::int64_t, std::uint64_t> counts;
  for (const std::int64_t label : labels) ++counts[label];
  std::vector<std::uint64_t> sizes;
  for (const auto& [label, count] : counts) sizes.push_back(count);
  return sizes;
}

}  // namespace amalgam
