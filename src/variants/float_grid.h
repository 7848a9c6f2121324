// The numbers behind uniform initial values that a GPU drew: 32 random bits, scaled into (0, 1] and
// rounded to float32 there (cuRAND's uniform numbers from Philox 4x32-10, as torch.Tensor.uniform_
// takes them on CUDA), then scaled in float32 as on the CPU.
//
// Such a number is any float32, so that values near -b tell nothing: float32 is as coarse there.
// Near 0 it is finer, and hardly a wrong value is on the grid: of random ones half are, of 256 all
// once in 2^300. Values from 0 to a bound are on no grid, and can't be told.
#pragma once

#include <optional>
#include <span>

namespace amalgam {

// Whether all values are u * 2 b - b of a float32 u in [0, 1], rounded once.
bool all_on_floats(float bound, std::span<const float> values);

// The b of values that uniform_(-b, b) drew on a GPU; nothing where they are off any such grid, or
// too few to tell.
std::optional<float> find_float_bound(std::span<const float> values);

}  // namespace amalgam
