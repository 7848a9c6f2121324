// Rows of norm 1, as embeddings often are, and how others are scaled so that they have it, too.
#pragma once

#include <cstdint>
#include <vector>

#include "amalgam/dataset.h"
#include "base/bytes.h"
#include "obfuscate/habits.h"

namespace amalgam {

// By how much Euclidean norms of rows are off 1: what arithmetic left. None for fields that are no
// float32 features of several columns, or have a row of another norm in these rows; rows of zeros
// have none.
std::vector<double> row_norms(const Field& field, RowNumbers rows);
// By field.
std::vector<std::vector<double>> row_norms(const Dataset& data, RowNumbers rows);

// Divides rows of float32 by their norms. Rows of zeros stay.
class NormScaling {
 public:
  // Norms of these rows of a field will be off 1 as those of `left` are. REQUIRES: there are some.
  NormScaling(const std::vector<double>& left, const Field& field, RowNumbers rows,
              std::uint64_t salt);

  // The same for a row's number whenever it is asked. REQUIRES: `out` is as long as `row`.
  void apply(std::uint64_t number, Bytes row, MutableBytes out) const;

 private:
  std::vector<double> left_;
  std::uint64_t salt_;
};

}  // namespace amalgam
