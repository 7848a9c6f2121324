// Orthogonal initial values, as torch.nn.init.orthogonal_ (Saxe, McClelland and Ganguli 2014).
#pragma once

#include <optional>
#include <vector>

#include "base/random.h"
#include "variants/tensor_values.h"

namespace amalgam {

// The norm of the rows, or of the columns where there are fewer, if they are orthogonal to each
// other up to rounding and of one norm. Nothing where they are not, and of larger matrices than are
// drawn.
std::optional<double> orthogonal_gain(const TensorRows& rows);
// Whether a matrix looks like one, of any size.
bool looks_orthogonal(const TensorRows& rows);

// rows x width values, row-major, uniform among such matrices (Mezzadri 2007).
std::vector<float> draw_orthogonal(std::uint64_t rows, std::uint64_t width, double gain,
                                   RandomStream& random);

}  // namespace amalgam
