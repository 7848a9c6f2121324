// Float32 values of a tensor's rows, read a piece at a time, on all threads.
#pragma once

#include <algorithm>
#include <functional>
#include <span>
#include <vector>

#include "amalgam/tensor.h"

namespace amalgam {

// Of the first dimension, and of the others together. A scalar is one row of one value.
std::uint64_t row_count(const Shape& shape);
std::uint64_t row_width(const Shape& shape);

// Rows [first, first + rows) of a float32 tensor. Of a scalar, one row.
struct TensorRows {
  const Tensor* tensor = nullptr;
  std::uint64_t first = 0, rows = 1;

  // Values of a row.
  std::uint64_t width() const { return row_width(tensor->shape); }
  std::uint64_t count() const { return rows * width(); }
  TensorRows part(std::uint64_t from, std::uint64_t number) const {
    return {tensor, first + from, number};
  }
};
TensorRows all_rows(const Tensor& tensor);

// The values [from, from + size) of the rows. REQUIRES: they are there.
std::vector<float> read_values(const TensorRows& rows, std::uint64_t from, std::uint64_t size);

// The same, where they lie if they are in memory already.
class ValuesView {
 public:
  ValuesView(const TensorRows& rows, std::uint64_t from, std::uint64_t size);

  std::span<const float> get() const { return values_; }

 private:
  std::vector<float> own_;
  std::span<const float> values_;
};

// Whether all values equal it; of no values, they do. REQUIRES: float32.
bool all_are(const Tensor& tensor, float value);

// Calls body(piece, values, from) for all values, from several threads at once; pieces are numbered
// from 0, and are multiples of 16 values long but for the last. Gives how many there are.
using PieceBody =
    std::function<void(std::uint64_t piece, std::span<const float> values, std::uint64_t from)>;
std::uint64_t piece_count(const TensorRows& rows);
void for_pieces(const TensorRows& rows, const PieceBody& body);

// Rows all of whose values are the same; of rows of one value, runs of the same value.
class ConstantRows {
 public:
  explicit ConstantRows(const TensorRows& rows);

  bool any() const { return found_ > 0; }
  bool all() const { return found_ == constant_.size(); }
  bool holds(std::uint64_t row) const { return constant_[row]; }
  // Of a constant row.
  float value(std::uint64_t row) const { return values_[row]; }
  // Whether the value at that place is in one.
  bool at(std::uint64_t place) const { return found_ > 0 && constant_[place / width_]; }
  // Calls body(stretch) for all stretches of `values` that are in none; `from` is the first's
  // place.
  template <typename Body>
  void for_others(std::span<const float> values, std::uint64_t from, Body body) const;

 private:
  void find_rows(const TensorRows& rows);
  void find_runs(const TensorRows& rows);

  std::uint64_t width_;
  std::vector<char> constant_;  // by row; no vector<bool>, as several threads write it
  std::vector<float> values_;
  std::uint64_t found_ = 0;
};

template <typename Body>
void ConstantRows::for_others(std::span<const float> values, std::uint64_t from, Body body) const {
  if (found_ == 0) return body(values);
  std::uint64_t begin = 0, at = 0;
  while (at < values.size()) {
    const std::uint64_t row = (from + at) / width_;
    const std::uint64_t end = std::min<std::uint64_t>(values.size(), (row + 1) * width_ - from);
    if (constant_[row]) {
      if (begin < at) body(values.subspan(begin, at - begin));
      begin = end;
    }
    at = end;
  }
  if (begin < at) body(values.subspan(begin, at - begin));
}

}  // namespace amalgam
