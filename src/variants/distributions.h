// What distribution values have, where no grid says it exactly.
#pragma once

#include <optional>
#include <vector>

#include "variants/recognise.h"

namespace amalgam {

// Of values around 0, those in constant rows aside.
struct Spread {
  std::uint64_t count = 0;
  double squares = 0, most = 0;  // sum of squares; largest magnitude

  double deviation() const;
};
Spread spread_of(const TensorRows& rows, const ConstantRows& constant);

// The standard deviation that an initializer was given: one of torch.nn.init's functions of the
// fans, or a number of two digits, where one is as near as chance allows; else that of the values.
double normal_scale(const Spread& spread, const Shape& shape);

// A normal distribution that ends at the largest magnitude; nothing where that is too far out to be
// told from chance.
std::optional<Form> truncated_form(const Spread& spread);

// The form that the distribution fits (Kolmogorov and Smirnov); nothing where none does, or with
// too few values to say so.
std::optional<Form> likely_form(const TensorRows& rows, const ConstantRows& constant,
                                const std::vector<float>& bounds);

}  // namespace amalgam
