// Links: an activation of one network is added, through a learned projection, to one of another.
#pragma once

#include "amalgam/graph.h"

namespace amalgam {

// A value that a link may start from or end in: the output of a layer, one row a sample.
struct LinkPoint {
  std::size_t node;  // of the graph's own nodes
  ValueId value;
  std::size_t channels;  // the dimension that holds them
};

// None where the model has another program for eval, which would have to be changed alike.
std::vector<LinkPoint> link_points(const Model& model);

// Shows the value to other networks; returns its place in Program::sent.
std::size_t send(Model& model, ValueId value);

// Adds what a link brings to the value at `point`, pooled to its shape and projected by a new
// parameter behind the model's own, whose tensor's place is returned; its bytes are the caller's to
// fill. Points found earlier are void. `sender` is the model whose `from` comes.
std::size_t receive(Model& model, const LinkPoint& point, const Model& sender,
                    const LinkPoint& from);

}  // namespace amalgam
