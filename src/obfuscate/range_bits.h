// What columns from 0 or -1 to 1 hold between their ends, by which a scaler is told from numbers
// that end there by themselves.
#pragma once

#include <cstddef>
#include <set>
#include <vector>

#include "obfuscate/real_rows.h"
#include "obfuscate/scaling.h"

namespace amalgam {

struct Bits {
  double odd = 0, count = 0, at_ends = 0;  // of last bits; of values; at 1 or -1
  std::set<float> steps;                   // different values, so many as are looked for

  // A scaler puts one there.
  bool many_at_ends() const;
  // Fewer last bits are odd than chance lets be, of many different values.
  bool on_grid() const;
  // As bytes have them.
  bool few_steps() const;
  // As whole numbers have them that people divide by what they can be at most.
  bool natural_steps() const;
};

// Of the values in these places, in a part of the rows. `places`: by field, by group.
Bits bits_of(const std::vector<RealRows>& fields, const std::vector<std::vector<bool>>& places,
             bool interleaved);

// Whether more than a few rows are at an end of the column: it ends there by itself.
bool ends_often(const RealRows& rows, std::size_t column, double least, double most);

}  // namespace amalgam
