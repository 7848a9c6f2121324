#include "audit/stream_sample.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <set>

#include "audit/main_feature.h"
#include "audit/numbers.h"
#include "base/bytes.h"
#include "formats/class_counts.h"
#include "noise/grid.h"

namespace amalgam {
namespace {

// From here on neighbouring positions are looked at as pixels.
constexpr std::uint64_t kLeastSide = 4;

bool whole(DType dtype) { return dtype == DType::kInt32 || dtype == DType::kInt64; }

// A flattened image is still an image to who looks at it.
Planes planes_of_shape(DType dtype, const Shape& shape) {
  if (shape.size() == 3) return {shape[0], shape[1], shape[2]};
  if (shape.size() == 2) return {1, shape[0], shape[1]};
  const std::uint64_t width = element_count(shape);
  for (const std::uint64_t channels : {1, 3}) {
    const auto side = static_cast<std::uint64_t>(
        std::lround(std::sqrt(static_cast<double>(width) / static_cast<double>(channels))));
    if (!whole(dtype) && side >= kLeastSide && channels * side * side == width)
      return {channels, side, side};
  }
  return {1, 1, width};
}

void append_numbers(DType dtype, Bytes bytes, std::vector<float>& out) {
  const std::size_t count = bytes.size() / dtype_size(dtype);
  for (std::size_t i = 0; i < count; ++i)
    out.push_back(static_cast<float>(load_number(dtype, bytes, i)));
}

}  // namespace

std::string_view sample_kind_name(SampleKind kind) {
  switch (kind) {
    case SampleKind::kImage:
      return "image";
    case SampleKind::kText:
      return "text";
    case SampleKind::kVector:
      break;
  }
  return "vector";
}

SampleKind sample_kind(DType dtype, const Shape& shape) {
  const Planes planes = planes_of_shape(dtype, shape);
  if (planes.height >= kLeastSide && planes.width >= kLeastSide) return SampleKind::kImage;
  return whole(dtype) && shape.size() == 1 && shape[0] >= kLeastSide ? SampleKind::kText
                                                                     : SampleKind::kVector;
}

std::string described(const StreamSample& sample) {
  if (sample.kind == SampleKind::kText) return "texts (rows of whole numbers)";
  const std::string_view dtype = dtype_name(sample.dtype);
  if (sample.kind == SampleKind::kVector)
    return fmt::format("{} vectors of {}", dtype, sample.width);
  const Planes& planes = sample.planes;
  return fmt::format("{} images of [{}, {}, {}]", dtype, planes.channels, planes.height,
                     planes.width);
}

std::vector<std::uint64_t> first_rows(std::uint64_t rows) {
  std::vector<std::uint64_t> list(rows);
  std::iota(list.begin(), list.end(), 0);
  return list;
}

namespace {

StreamSample sample_field(const JobView& job, const ViewedColumns& field, bool held_out,
                          const std::vector<std::uint64_t>& rows) {
  StreamSample sample{sample_kind(field.group.dtype, field.shape),
                      field.group.dtype,
                      planes_of_shape(field.group.dtype, field.shape),
                      rows.size(),
                      field.positions.size(),
                      {},
                      {}};
  sample.values.resize(sample.rows * sample.width);
  std::vector<std::byte> bytes(sample.width * dtype_size(field.group.dtype));
  for (std::uint64_t r = 0; r < rows.size(); ++r) {
    job.gather(field, held_out, rows[r], bytes);
    load_numbers(field.group.dtype, bytes,
                 std::span(sample.values).subspan(r * sample.width, sample.width));
  }
  return sample;
}

void read_labels(const JobView& job, const ViewedSubnetwork& sub, bool held_out,
                 const std::vector<std::uint64_t>& rows, StreamSample& sample) {
  const auto classes = sub.classes();
  if (classes.empty()) return;
  for (const std::uint64_t row : rows) {
    std::array<std::byte, 8> label{};
    job.gather(*classes.front(), held_out, row, label);
    sample.labels.push_back(load_le<std::int64_t>(label));
  }
}

// Whether rows differ, in more than two values.
bool says_much(const StreamSample& sample) {
  bool differ = false;
  for (std::uint64_t r = 1; r < sample.rows && !differ; ++r)
    differ = !std::ranges::equal(sample.row(r), sample.row(0));
  return differ && std::set<float>(sample.values.begin(), sample.values.end()).size() > 2;
}

// Puts columns beside those that are there; REQUIRES: as many rows.
void append_columns(StreamSample& sample, const StreamSample& more) {
  std::vector<float> values;
  for (std::uint64_t r = 0; r < sample.rows; ++r) {
    values.insert(values.end(), sample.row(r).begin(), sample.row(r).end());
    values.insert(values.end(), more.row(r).begin(), more.row(r).end());
  }
  sample.values = std::move(values);
  sample.width += more.width;
  sample.planes = {1, 1, sample.width};
}

// What is said by a mask: of each row, how many elements it marks.
StreamSample row_sums(const StreamSample& mask) {
  StreamSample sums = mask;
  sums.width = 1;
  sums.values.clear();
  for (std::uint64_t r = 0; r < mask.rows; ++r)
    sums.values.push_back(std::accumulate(mask.row(r).begin(), mask.row(r).end(), 0.0F));
  return sums;
}

}  // namespace

StreamSample sample_stream(const JobView& job, std::size_t subnetwork, bool held_out,
                           const std::vector<std::uint64_t>& rows) {
  const ViewedSubnetwork& sub = job.subnetworks()[subnetwork];
  StreamSample sample = sample_field(job, sub.main_feature(), held_out, rows);
  read_labels(job, sub, held_out, rows, sample);
  return sample;
}

std::vector<StreamSample> sample_other_fields(const JobView& job, std::size_t subnetwork,
                                              const std::vector<std::uint64_t>& rows) {
  const ViewedSubnetwork& sub = job.subnetworks()[subnetwork];
  std::vector<StreamSample> views;
  StreamSample numbers{SampleKind::kVector, DType::kFloat32, {1, 1, 0}, rows.size(), 0, {}, {}};
  for (std::size_t f = 0; f < sub.features.size(); ++f) {
    if (f == sub.main) continue;
    StreamSample sample = sample_field(job, sub.features[f], false, rows);
    if (!says_much(sample))
      append_columns(numbers, row_sums(sample));
    else if (sample.kind == SampleKind::kVector)
      append_columns(numbers, sample);
    else
      views.push_back(std::move(sample));
  }
  if (numbers.width > 0) views.push_back(std::move(numbers));
  for (StreamSample& view : views) read_labels(job, sub, false, rows, view);
  return views;
}

StreamSample sample_columns(const JobView& job, std::size_t subnetwork,
                            const std::vector<std::uint64_t>& columns) {
  ViewedColumns field = job.subnetworks()[subnetwork].main_feature();
  field.positions = columns;
  StreamSample sample{sample_kind(field.group.dtype, field.shape),
                      field.group.dtype,
                      planes_of_shape(field.group.dtype, field.shape),
                      std::min<std::uint64_t>(16, job.rows(false)),
                      columns.size(),
                      {},
                      {}};
  std::vector<std::byte> bytes(sample.width * dtype_size(field.group.dtype));
  for (std::uint64_t row = 0; row < sample.rows; ++row) {
    job.gather(field, false, row, bytes);
    append_numbers(field.group.dtype, bytes, sample.values);
  }
  return sample;
}

StreamSample sample_dataset(const Dataset& data, const std::vector<std::uint64_t>& rows) {
  const Field& field = main_feature(data);
  const DType dtype = field.tensor.dtype;
  const Shape shape = field.sample_shape();
  StreamSample sample{sample_kind(dtype, shape),
                      dtype,
                      planes_of_shape(dtype, shape),
                      rows.size(),
                      field.width(),
                      {},
                      {}};
  sample.values.reserve(sample.rows * sample.width);
  const Bytes bytes = field.tensor.source->view();
  const Field* labels = class_labels(data);
  for (const std::uint64_t row : rows) {
    append_numbers(dtype, bytes.subspan(row * field.row_bytes(), field.row_bytes()), sample.values);
    if (labels)
      sample.labels.push_back(load_le<std::int64_t>(labels->tensor.source->view(), 8 * row));
  }
  return sample;
}

void keep_rows(StreamSample& sample, std::uint64_t rows) {
  sample.rows = std::min(sample.rows, rows);
  sample.values.resize(sample.rows * sample.width);
  if (!sample.labels.empty()) sample.labels.resize(sample.rows);
}

}  // namespace amalgam
