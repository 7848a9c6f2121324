// How alike samples are to a classifier that learns from few of them: a kernel over the samples
// that the cloud has and rows of a stream.
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <vector>

#include "audit/stream_sample.h"

namespace amalgam {

// Both: samples first, then rows; [n, n], symmetric. REQUIRES: neither is empty.

// Of images: means over a grid of 4x4, colours, and directions of edges by place; of vectors their
// values in units of their spread. REQUIRES: both of one kind and shape.
Eigen::MatrixXd kernel_of_values(const StreamSample& samples, const StreamSample& rows);

// Of texts: the tokens, and pairs of neighbours, that two have in common, the rarer the more.
using Texts = std::vector<std::vector<std::uint64_t>>;
Eigen::MatrixXd kernel_of_texts(const Texts& samples, const Texts& rows);

}  // namespace amalgam
