// [input] mean = "fit" and std = "fit": each stream's own numbers, found in the same way for all.
#pragma once

#include <span>

#include "weave/task.h"

namespace amalgam {

// How many numbers are fitted to samples of this shape: one for each channel of [C, H, W], one for
// each column of [D] up to 4096, else one for all values.
std::uint64_t fitted_numbers(const Shape& sample);

// Puts numbers in the place of "fit", as float32 has them: of the first feature, divided by the
// scale, over the stream's training rows as they stand in the job, repeats and borrowed columns
// among them. Sums are float64, of each row and then over the rows in their order, the same for any
// number of threads (0: all). The deviation divides by the number of values; it is 1 where all of
// them are equal. `tasks` are those that the plan was drawn for. Throws kInvalid where values are
// too large for float32.
void fit_inputs(const Plan& plan, std::span<JobTask> tasks, unsigned threads);

}  // namespace amalgam
