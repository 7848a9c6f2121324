// Datasets hold finite values only: one NaN is enough to lose a training, far away and paid for.
#pragma once

#include <string>
#include <vector>

#include "amalgam/dataset.h"

namespace amalgam {

struct NotFiniteField {
  std::string name;
  std::uint64_t values = 0, rows = 0;  // how many, and in how many rows
  std::uint64_t first_row = 0;         // from 0
  std::string first_value;             // "nan", "inf", "-inf"
};

// The fields, targets too, that hold values which are not finite.
std::vector<NotFiniteField> not_finite_fields(const Dataset& data);
// Throws kInvalid with one finding for each such field.
void check_finite(const Dataset& data);

}  // namespace amalgam
