#include <array>

#include "graph/operations.h"

namespace amalgam {
namespace {

// weight is [out, in / groups, kernel...].
double convolution_cost(const Node& node, const Program& program) {
  const Argument* weight = node.find("weight");
  const ValueRef* ref = weight ? weight->get<ValueRef>() : nullptr;
  if (!ref) return 0;
  return 2 * output_elements(node, program) * elements(program, ref->id) /
         dimension(node, program, "weight", 0);
}

// weight is [in, out / groups, kernel...]: every input element meets all of it but the first
// dimension.
double transposed_cost(const Node& node, const Program& program) {
  const Argument* input = node.find("input");
  const Argument* weight = node.find("weight");
  if (!input || !weight || !input->get<ValueRef>() || !weight->get<ValueRef>()) return 0;
  return 2 * elements(program, input->get<ValueRef>()->id) *
         elements(program, weight->get<ValueRef>()->id) / dimension(node, program, "weight", 0);
}

constexpr std::array kTable = {
    Operation{"conv1d.default", emit_function, "F.conv1d", "conv", convolution_cost, 1},
    Operation{"conv2d.default", emit_function, "F.conv2d", "conv", convolution_cost, 1},
    Operation{"conv3d.default", emit_function, "F.conv3d", "conv", convolution_cost, 1},
    Operation{"conv1d.padding", emit_function, "F.conv1d", "conv", convolution_cost, 1},
    Operation{"conv2d.padding", emit_function, "F.conv2d", "conv", convolution_cost, 1},
    Operation{"conv3d.padding", emit_function, "F.conv3d", "conv", convolution_cost, 1},
    Operation{"conv_transpose1d.default", emit_function, "F.conv_transpose1d", "conv",
              transposed_cost, 1},
    Operation{"conv_transpose2d.input", emit_function, "F.conv_transpose2d", "conv",
              transposed_cost, 1},
    Operation{"conv_transpose3d.input", emit_function, "F.conv_transpose3d", "conv",
              transposed_cost, 1},
};

}  // namespace

std::span<const Operation> convolution_operations() { return kTable; }

}  // namespace amalgam
