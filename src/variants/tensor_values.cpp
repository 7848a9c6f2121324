#include "variants/tensor_values.h"

#include <algorithm>
#include <bit>

#include "base/bytes.h"
#include "base/interrupt.h"
#include "base/parallel.h"

namespace amalgam {
namespace {

constexpr std::uint64_t kPiece = std::uint64_t{1} << 18;

// In all bits: zeros of both signs are two values.
bool same(float a, float b) {
  return std::bit_cast<std::uint32_t>(a) == std::bit_cast<std::uint32_t>(b);
}

bool all_equal(std::span<const float> values) {
  return std::all_of(values.begin(), values.end(),
                     [&](float v) { return same(v, values.front()); });
}

}  // namespace

std::uint64_t row_count(const Shape& shape) { return shape.empty() ? 1 : shape[0]; }

std::uint64_t row_width(const Shape& shape) {
  std::uint64_t width = 1;
  for (std::size_t d = 1; d < shape.size(); ++d) width *= shape[d];
  return width;
}

TensorRows all_rows(const Tensor& tensor) { return {&tensor, 0, row_count(tensor.shape)}; }

std::vector<float> read_values(const TensorRows& rows, std::uint64_t from, std::uint64_t size) {
  std::vector<float> values(size);
  rows.tensor->source->read(4 * (rows.first * rows.width() + from),
                            std::as_writable_bytes(std::span(values)));
  return values;
}

ValuesView::ValuesView(const TensorRows& rows, std::uint64_t from, std::uint64_t size) {
  const Bytes bytes = rows.tensor->source->view();
  const std::uint64_t at = 4 * (rows.first * rows.width() + from);
  if (!bytes.empty() && reinterpret_cast<std::uintptr_t>(bytes.data()) % alignof(float) == 0) {
    values_ = view_as<float>(bytes.subspan(at, 4 * size));
  } else {
    own_ = read_values(rows, from, size);
    values_ = own_;
  }
}

bool all_are(const Tensor& tensor, float value) {
  const TensorRows rows = all_rows(tensor);
  const ValuesView read(rows, 0, rows.count());
  const std::span<const float> values = read.get();
  return std::all_of(values.begin(), values.end(), [value](float v) { return v == value; });
}

std::uint64_t piece_count(const TensorRows& rows) { return (rows.count() + kPiece - 1) / kPiece; }

void for_pieces(const TensorRows& rows, const PieceBody& body) {
  parallel_blocks(0, piece_count(rows), [&](std::uint64_t piece) {
    check_interrupted();
    const std::uint64_t from = piece * kPiece;
    body(piece, ValuesView(rows, from, std::min(kPiece, rows.count() - from)).get(), from);
  });
}

ConstantRows::ConstantRows(const TensorRows& rows)
    : width_(rows.width()), constant_(rows.rows, 0), values_(rows.rows, 0) {
  if (rows.count() == 0) return;
  if (width_ > 1)
    find_rows(rows);
  else
    find_runs(rows);
  found_ = static_cast<std::uint64_t>(std::count(constant_.begin(), constant_.end(), 1));
}

void ConstantRows::find_rows(const TensorRows& rows) {
  parallel_blocks(0, (rows.rows + 4095) / 4096, [&](std::uint64_t block) {
    check_interrupted();
    const std::uint64_t end = std::min(rows.rows, (block + 1) * 4096);
    for (std::uint64_t row = block * 4096; row < end; ++row) {
      // Hardly ever are the first values equal and others not.
      const ValuesView first(rows, row * width_, std::min<std::uint64_t>(width_, 4));
      if (!all_equal(first.get()) || !all_equal(ValuesView(rows, row * width_, width_).get()))
        continue;
      constant_[row] = 1;
      values_[row] = first.get().front();
    }
  });
}

void ConstantRows::find_runs(const TensorRows& rows) {
  values_ = read_values(rows, 0, rows.rows);
  for (std::uint64_t i = 0; i < rows.rows; ++i) {
    const bool before = i > 0 && same(values_[i], values_[i - 1]);
    const bool behind = i + 1 < rows.rows && same(values_[i], values_[i + 1]);
    constant_[i] = before || behind || rows.rows == 1;
  }
}

}  // namespace amalgam
