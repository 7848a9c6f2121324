// The normal distribution, inverted: with sums, products and roots alone, so that every machine
// gets the same bits.
#pragma once

#include <span>

namespace amalgam {

// z where a normal value lies below with the probability `p`, to 1e-15 (Wichura 1988, algorithm AS
// 241, PPND16). REQUIRES: 2^-1022 <= p < 1.
double normal_quantile(double p);

// The same of many, in place.
void normal_quantiles(std::span<double> p);

}  // namespace amalgam
