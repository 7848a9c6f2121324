// A task's rows, wherever they come from: a dataset, or a generator that imitates one.
#pragma once

#include <memory>
#include <span>

#include "amalgam/dataset.h"
#include "base/bytes.h"

namespace amalgam {

// Thread-safe. Rows are numbered; the same number always gives the same bytes.
class RowSource {
 public:
  virtual ~RowSource() = default;
  virtual std::uint64_t rows() const = 0;
  // The bytes of one row of a field, which numbers as in Dataset::fields: a view into memory, or
  // `scratch`, filled. REQUIRES: scratch has at least the row's bytes.
  virtual Bytes read(std::size_t field, std::uint64_t row, MutableBytes scratch) const = 0;
  // Where a row lies, for fetching it ahead of time; null where it is made up.
  virtual const std::byte* in_memory(std::size_t field, std::uint64_t row) const {
    (void)field;
    (void)row;
    return nullptr;
  }
};

// The rows of a dataset that lies in memory or is mapped.
std::shared_ptr<const RowSource> dataset_rows(Dataset dataset);

}  // namespace amalgam
