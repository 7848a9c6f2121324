#include <array>

#include "graph/operations.h"

namespace amalgam {
namespace {

constexpr std::array kTable = {
    Operation{"relu.default", emit_function, "F.relu", "", nullptr},
    Operation{"relu_.default", emit_inplace_function, "F.relu", "", nullptr},
    Operation{"relu6.default", emit_function, "F.relu6", "", nullptr},
    Operation{"hardtanh.default", emit_function, "F.hardtanh", "", nullptr},
    Operation{"hardtanh_.default", emit_inplace_function, "F.hardtanh", "", nullptr},
    Operation{"leaky_relu.default", emit_function, "F.leaky_relu", "", nullptr},
    Operation{"leaky_relu_.default", emit_inplace_function, "F.leaky_relu", "", nullptr},
    Operation{"gelu.default", emit_function, "F.gelu", "", nullptr},
    Operation{"silu.default", emit_function, "F.silu", "", nullptr},
    Operation{"silu_.default", emit_inplace_function, "F.silu", "", nullptr},
    Operation{"mish.default", emit_function, "F.mish", "", nullptr},
    Operation{"softplus.default", emit_function, "F.softplus", "", nullptr},
    Operation{"hardswish.default", emit_function, "F.hardswish", "", nullptr},
    Operation{"hardswish_.default", emit_inplace_function, "F.hardswish", "", nullptr},
    Operation{"hardsigmoid.default", emit_function, "F.hardsigmoid", "", nullptr},
    Operation{"prelu.default", emit_function, "F.prelu", "", nullptr},
    Operation{"sigmoid.default", emit_function, "torch.sigmoid", "", nullptr},
    Operation{"tanh.default", emit_function, "torch.tanh", "", nullptr},
    Operation{"softmax.int", emit_function, "F.softmax", "", nullptr},
    Operation{"log_softmax.int", emit_function, "F.log_softmax", "", nullptr},
};

}  // namespace

std::span<const Operation> activation_operations() { return kTable; }

}  // namespace amalgam
