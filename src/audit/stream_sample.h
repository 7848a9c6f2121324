// Some rows of one stream, as numbers: what attackers measure. It is the same for a job's stream
// and for one of a surrogate game.
#pragma once

#include <string>
#include <vector>

#include "amalgam/dataset.h"
#include "audit/job_view.h"
#include "noise/classes.h"

namespace amalgam {

enum class SampleKind { kImage, kText, kVector };
std::string_view sample_kind_name(SampleKind kind);

struct StreamSample {
  SampleKind kind = SampleKind::kVector;
  DType dtype = DType::kUInt8;
  Planes planes;  // of an image; else one line
  std::uint64_t rows = 0;
  std::uint64_t width = 0;           // elements of a row of the main feature, or of another one
  std::vector<float> values;         // [rows, width]
  std::vector<std::int64_t> labels;  // by row; empty where targets are no single class number

  std::span<const float> row(std::uint64_t r) const {
    return std::span(values).subspan(r * width, width);
  }
};

// Whether a field's samples are images, texts (lines of whole numbers) or vectors.
SampleKind sample_kind(DType dtype, const Shape& shape);

// As messages name it: "uint8 images of [1, 28, 28]".
std::string described(const StreamSample& sample);

// 0 .. rows-1.
std::vector<std::uint64_t> first_rows(std::uint64_t rows);
// The rows of a job's stream with these numbers, of its training or its held-out rows.
StreamSample sample_stream(const JobView& job, std::size_t subnetwork, bool held_out,
                           const std::vector<std::uint64_t>& rows);
// What else a stream's training rows have beside their main feature, each as a stream of its own
// that attackers measure: other images and texts; then all other numbers side by side, of a mask
// how many elements it marks.
std::vector<StreamSample> sample_other_fields(const JobView& job, std::size_t subnetwork,
                                              const std::vector<std::uint64_t>& rows);
// The first rows of these columns, in the shape of a stream's main feature. REQUIRES: as many
// columns.
StreamSample sample_columns(const JobView& job, std::size_t subnetwork,
                            const std::vector<std::uint64_t>& columns);
// The rows of a dataset.
StreamSample sample_dataset(const Dataset& data, const std::vector<std::uint64_t>& rows);

// The first `rows` alone.
void keep_rows(StreamSample& sample, std::uint64_t rows);

}  // namespace amalgam
