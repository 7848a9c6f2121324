#include "audit/row_digests.h"

#include <algorithm>
#include <unordered_map>

#include "audit/main_feature.h"
#include "audit/stream_sample.h"
#include "base/parallel.h"
#include "noise/grid.h"

namespace amalgam {
namespace {

constexpr std::uint64_t kBlock = 1024;  // rows

std::uint64_t mix(std::uint64_t hash, std::uint64_t value) {
  hash = (hash ^ value) * 0xff51afd7ed558ccd;
  return hash ^ (hash >> 32);
}

}  // namespace

std::uint64_t bytes_digest(std::uint64_t before, Bytes bytes) {
  std::uint64_t hash = before;
  std::size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8) hash = mix(hash, load_le<std::uint64_t>(bytes, at));
  for (; at < bytes.size(); ++at) hash = mix(hash, static_cast<std::uint64_t>(bytes[at]));
  return hash;
}

std::uint64_t row_digest(DType dtype, const Shape& shape, Bytes row) {
  std::uint64_t hash = 0x9e3779b97f4a7c15;
  if (sample_kind(dtype, shape) != SampleKind::kText) return bytes_digest(hash, row);
  std::unordered_map<double, std::uint64_t> first;
  const std::size_t count = row.size() / dtype_size(dtype);
  for (std::size_t i = 0; i < count; ++i)
    hash = mix(hash, first.emplace(load_number(dtype, row, i), first.size()).first->second);
  return hash;
}

RowDigests digest_stream(const JobView& job, std::size_t subnetwork, unsigned threads) {
  const ViewedColumns& field = job.subnetworks()[subnetwork].main_feature();
  const std::uint64_t rows = job.rows(false);
  RowDigests digests(rows);
  parallel_blocks(threads, (rows + kBlock - 1) / kBlock, [&](std::uint64_t block) {
    std::vector<std::byte> bytes(field.positions.size() * dtype_size(field.group.dtype));
    for (std::uint64_t r = block * kBlock; r < std::min(rows, (block + 1) * kBlock); ++r) {
      job.gather(field, false, r, bytes);
      digests[r] = row_digest(field.group.dtype, field.shape, bytes);
    }
  });
  return digests;
}

RowDigests digest_dataset(const Dataset& data) {
  const Field& field = main_feature(data);
  RowDigests digests(data.rows());
  for (std::uint64_t r = 0; r < digests.size(); ++r)
    digests[r] =
        row_digest(field.tensor.dtype, field.sample_shape(),
                   field.tensor.source->view().subspan(r * field.row_bytes(), field.row_bytes()));
  return digests;
}

double share_in(const RowDigests& rows, const RowDigests& set) {
  double found = 0;
  for (const std::uint64_t row : rows) found += std::binary_search(set.begin(), set.end(), row);
  return rows.empty() ? 0 : found / static_cast<double>(rows.size());
}

}  // namespace amalgam
