// The normal distribution, inverted: with sums, products and roots alone, so that every machine
// gets the same bits.
#pragma once

namespace amalgam {

// z where a normal value lies below with the probability `p`, to 1e-15 (Wichura 1988, algorithm AS
// 241, PPND16). REQUIRES: 0 < p < 1.
double normal_quantile(double p);

}  // namespace amalgam
