// Sums of columns of real numbers, joined to groups of neighbouring ones.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "base/sums.h"
#include "obfuscate/real_rows.h"
#include "obfuscate/scaling.h"

namespace amalgam {

// Of numbers that were scaled together.
struct Group {
  double count = 0, mean = 0, squares = 0;  // squares about the mean
  double least = INFINITY, most = -INFINITY;

  bool constant() const { return least == most; }
  double largest() const { return std::max(std::abs(least), std::abs(most)); }
  // More than two values occur: of two, none can be further from the mean.
  bool graded() const {
    return !constant() && squares < count * (mean - least) * (most - mean) * (1 - 1e-9);
  }
  double deviation(bool over_n_less_one) const {
    return std::sqrt(squares / std::max(1.0, over_n_less_one ? count - 1 : count));
  }
};

// Scaled if there is a scaling, about the first row. The same for any number of threads.
ColumnSums columns_of(const RealRows& rows, const Scaling& scaling = {});

std::vector<Group> groups_of(const ColumnSums& columns, Grouping grouping);

}  // namespace amalgam
