// Values drawn anew.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "amalgam/tensor.h"
#include "base/secret.h"
#include "variants/form.h"
#include "variants/tensor_values.h"

namespace amalgam {

// Float32 values of a tensor of that shape, whose rows have those forms, from the streams
// "<name>/<block>" of the seed; any piece at any time, the same for any number of threads. Uniform
// values are 24 random bits scaled in float32, in two roundings; normal ones the quantiles of 32
// bits. REQUIRES: the rows of all forms together are the shape's.
std::shared_ptr<const TensorSource> drawn_values(const std::vector<FormRows>& rows,
                                                 const Shape& shape,
                                                 std::shared_ptr<const Secret> seed,
                                                 std::string name);

// The norm of a tensor's row, as torch.linalg.vector_norm over all dimensions but the first; and of
// all rows.
float norm_of_row(const TensorRows& rows, std::uint64_t row);
std::shared_ptr<const TensorSource> norms_of_rows(const Tensor& tensor);

}  // namespace amalgam
