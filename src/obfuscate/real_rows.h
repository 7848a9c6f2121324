// Rows of real numbers, of one dataset or of several that are like it.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "amalgam/dataset.h"
#include "base/bytes.h"
#include "obfuscate/habits.h"

namespace amalgam {

// Some rows of a dataset. Both must outlive it.
struct DataRows {
  const Dataset* data;
  RowNumbers rows;
};

// A float32 field of them, one part after the other.
class RealRows {
 public:
  // REQUIRES: at least one row; the field is a float32 one in all parts, of one width.
  RealRows(std::span<const DataRows> parts, std::size_t field)
      : field_(&parts.front().data->fields[field]), width_(field_->width()) {
    for (const DataRows& part : parts) {
      const Field& own = part.data->fields[field];
      parts_.push_back({view_as<float>(own.tensor.source->view()), part.rows});
      size_ += part.rows.size();
    }
  }

  std::size_t size() const { return size_; }
  std::size_t width() const { return width_; }
  const Field& field() const { return *field_; }  // of the first part

  std::span<const float> operator[](std::size_t row) const {
    const Part* part = parts_.data();
    for (; row >= part->rows.size(); ++part) row -= part->rows.size();
    return part->values.subspan(part->rows[row] * width_, width_);
  }

 private:
  struct Part {
    std::span<const float> values;
    RowNumbers rows;
  };

  const Field* field_;
  std::size_t width_, size_ = 0;
  std::vector<Part> parts_;
};

}  // namespace amalgam
