// What rules of costs count by: elements, at the sizes of the export's example.
#pragma once

#include <string_view>

#include "amalgam/graph.h"

namespace amalgam {

// Samples of the export's example.
double batch_of(const Model& model);
double elements(const Program& program, ValueId id);
// Elements of the node's first output.
double output_elements(const Node& node, const Program& program);
// Elements of a tensor argument; 0 when absent.
double argument_elements(const Node& node, const Program& program, std::string_view argument);
// Size of one dimension of a tensor argument, counted from the front (or the back when negative); 0
// when absent.
double dimension(const Node& node, const Program& program, std::string_view argument, int index);

}  // namespace amalgam
