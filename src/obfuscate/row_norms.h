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

// Whether norms were rounded to float32 before rows were divided by them.
bool rounded_norms(const std::vector<double>& off, const Field& field, RowNumbers rows);

// Divides a row of float32 by its norm, rounded to float32 or not. Rows of zeros stay. REQUIRES:
// `out` is as long as `row`.
void divide_by_norm(bool rounded, Bytes row, MutableBytes out);

}  // namespace amalgam
