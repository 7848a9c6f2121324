// Rows of tokens as texts: what lies between padding and what every row begins and ends with.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "amalgam/dataset.h"

namespace amalgam {

// The places of a row that hold text of its own: first <= i < last, where the mask is not zero.
struct Span {
  std::uint64_t first = 0, last = 0;
};

// One field of tokens (uint8, int32 or int64).
class Texts {
 public:
  Texts(std::shared_ptr<const Dataset> data, std::size_t field);

  std::uint64_t rows() const { return field().rows(); }
  std::uint64_t width() const { return field().width(); }
  std::int64_t token(std::uint64_t row, std::uint64_t place) const;
  // Without padding (the token that rows end or begin with several of), and without a first or last
  // token that all rows share.
  Span span(std::uint64_t row) const;
  // Whether the place is text, where the data has an attention_mask of this field's width.
  bool seen(std::uint64_t row, std::uint64_t place) const;
  // A row's own text.
  std::vector<std::int64_t> text(std::uint64_t row) const;

 private:
  const Field& field() const { return data_->fields[field_]; }
  Span unpadded(std::uint64_t row) const;

  std::shared_ptr<const Dataset> data_;
  std::size_t field_;
  const Field* mask_ = nullptr;
  std::optional<std::int64_t> padding_;
  bool same_first_ = false, same_last_ = false;
};

}  // namespace amalgam
