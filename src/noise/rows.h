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
  // The bytes of one row of a feature field: a view into memory, or `scratch`, filled.
  // REQUIRES: scratch has at least the row's bytes.
  virtual Bytes features(std::size_t field, std::uint64_t row, MutableBytes scratch) const = 0;
  virtual Bytes targets(std::uint64_t row, MutableBytes scratch) const = 0;
  // Where a row's features lie, for fetching them ahead of time; null where they are made up.
  virtual const std::byte* in_memory(std::size_t field, std::uint64_t row) const {
    (void)field;
    (void)row;
    return nullptr;
  }
};

// The rows of a dataset that lies in memory or is mapped.
std::shared_ptr<const RowSource> dataset_rows(Dataset dataset);

}  // namespace amalgam
