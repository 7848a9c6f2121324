// Numbers that a person computed from a width before the graph was written: 1 / sqrt(head), the
// count of a mean, sqrt(width) behind an embedding. The export holds their values alone.
#pragma once

#include "variants/inference.h"

namespace amalgam {

// Factors and divisors, and the scale of attention, that equal a size nearby, its root, or the
// inverse of these, become patches of that size. Where another size of the same value may be meant,
// it keeps its value instead: in a variant, a number that fits no width tells that it is one.
void follow_constants(const Model& model, const Program& program, SymbolTable& symbols,
                      ProgramSizes& sizes);

}  // namespace amalgam
