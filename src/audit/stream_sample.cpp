#include "audit/stream_sample.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

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

std::vector<std::uint64_t> first_rows(std::uint64_t rows) {
  std::vector<std::uint64_t> list(rows);
  std::iota(list.begin(), list.end(), 0);
  return list;
}

StreamSample sample_stream(const JobView& job, std::size_t subnetwork, bool held_out,
                           const std::vector<std::uint64_t>& rows) {
  const ViewedSubnetwork& sub = job.subnetworks()[subnetwork];
  const ViewedColumns& field = sub.features.front();
  StreamSample sample{sample_kind(field.group.dtype, field.shape),
                      field.group.dtype,
                      planes_of_shape(field.group.dtype, field.shape),
                      rows.size(),
                      field.positions.size(),
                      {},
                      {}};
  sample.values.reserve(sample.rows * sample.width);
  std::vector<std::byte> bytes(sample.width * dtype_size(field.group.dtype));
  const bool classes = !sub.targets.empty() && sub.targets[0].group.dtype == DType::kInt64 &&
                       sub.targets[0].positions.size() == 1;
  for (const std::uint64_t row : rows) {
    job.gather(field, held_out, row, bytes);
    append_numbers(field.group.dtype, bytes, sample.values);
    if (!classes) continue;
    std::array<std::byte, 8> label{};
    job.gather(sub.targets[0], held_out, row, label);
    sample.labels.push_back(load_le<std::int64_t>(label));
  }
  return sample;
}

StreamSample sample_columns(const JobView& job, std::size_t subnetwork,
                            const std::vector<std::uint64_t>& columns) {
  ViewedColumns field = job.subnetworks()[subnetwork].features.front();
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
  const Field& field = data.fields.front();
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
