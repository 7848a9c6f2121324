// How a tensor was drawn, told from its values.
#pragma once

#include <optional>
#include <vector>

#include "variants/form.h"
#include "variants/tensor_values.h"

namespace amalgam {

// How surely values were drawn as their form says, and never changed since.
enum class Sureness : std::uint8_t {
  kNone,      // of no known form
  kLikely,    // their distribution is the form's
  kRounded,   // they have the form's structure up to rounding
  kConstant,  // every initializer and much else makes them
  kSmall,     // all on the grid of a generator, but few
  kExact,     // all on the grid of a generator
};

struct Recognised {
  Sureness sureness = Sureness::kNone;  // that of the least sure rows
  std::vector<FormRows> rows;           // of all rows; empty where there is no form
};

// Tells by the exact grid of torch's generators (uniform: a number of 24 bits scaled, in one
// rounding or two, or on GPUs a float32 of 32 bits; normal: the angle of Box and Muller), by
// orthogonality, and from 4,096 values on by distribution. Rows that are constant, runs of one
// value, and three or four blocks of rows that were drawn apart (the gates of recurrent layers;
// queries, keys and values) are told from the rest. `bounds`: those of uniform values that the
// layer suggests; few values have no other. REQUIRES: float32.
Recognised recognise(const Tensor& tensor, const std::vector<float>& bounds);

}  // namespace amalgam
