#include <array>

#include "graph/operations.h"

namespace amalgam {
namespace {

constexpr std::array kTable = {
    Operation{"max_pool1d.default", emit_function, "F.max_pool1d", "", nullptr},
    Operation{"max_pool2d.default", emit_function, "F.max_pool2d", "", nullptr},
    Operation{"max_pool3d.default", emit_function, "F.max_pool3d", "", nullptr},
    Operation{"avg_pool1d.default", emit_function, "F.avg_pool1d", "", nullptr},
    Operation{"avg_pool2d.default", emit_function, "F.avg_pool2d", "", nullptr},
    Operation{"avg_pool3d.default", emit_function, "F.avg_pool3d", "", nullptr},
    Operation{"adaptive_avg_pool1d.default", emit_function, "F.adaptive_avg_pool1d", "", nullptr},
    Operation{"adaptive_avg_pool2d.default", emit_function, "F.adaptive_avg_pool2d", "", nullptr},
    Operation{"adaptive_avg_pool3d.default", emit_function, "F.adaptive_avg_pool3d", "", nullptr},
};

}  // namespace

std::span<const Operation> pooling_operations() { return kTable; }

}  // namespace amalgam
