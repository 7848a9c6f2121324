// Nodes that the library itself writes into a model. Each takes values of the model's; its output
// is the caller's to add.
#pragma once

#include "amalgam/graph.h"

namespace amalgam {

Node sum_of(ValueId a, ValueId b);
// The mean over these dimensions of a value, which go.
Node mean_over(ValueId of, const ArgumentList& dims);
// The means of windows over images, so many that height and width are these.
Node pooled_to(ValueId images, std::int64_t height, std::int64_t width);
// Through a weight [out, in], of the last dimension; [out, in, height, width], of images.
Node projected(ValueId input, ValueId weight);
Node convolved(ValueId images, ValueId weight);
Node seen_as(ValueId of, const ArgumentList& sizes);

}  // namespace amalgam
