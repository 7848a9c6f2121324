#include <array>

#include "graph/operations.h"

namespace amalgam {
namespace {

constexpr std::array kTable = {
    Operation{"ge.Scalar", emit_operator, ">=", "", nullptr},
    Operation{"ge.Tensor", emit_operator, ">=", "", nullptr},
    Operation{"gt.Scalar", emit_operator, ">", "", nullptr},
    Operation{"gt.Tensor", emit_operator, ">", "", nullptr},
    Operation{"le.Scalar", emit_operator, "<=", "", nullptr},
    Operation{"le.Tensor", emit_operator, "<=", "", nullptr},
    Operation{"lt.Scalar", emit_operator, "<", "", nullptr},
    Operation{"lt.Tensor", emit_operator, "<", "", nullptr},
    Operation{"eq.Scalar", emit_operator, "==", "", nullptr},
    Operation{"eq.Tensor", emit_operator, "==", "", nullptr},
    Operation{"ne.Scalar", emit_operator, "!=", "", nullptr},
    Operation{"ne.Tensor", emit_operator, "!=", "", nullptr},
    Operation{"__and__.Tensor", emit_operator, "&", "", nullptr},
    Operation{"__or__.Tensor", emit_operator, "|", "", nullptr},
    Operation{"bitwise_and.Tensor", emit_operator, "&", "", nullptr},
    Operation{"bitwise_or.Tensor", emit_operator, "|", "", nullptr},
    Operation{"bitwise_not.default", emit_method, "bitwise_not", "", nullptr},
    Operation{"logical_and.default", emit_method, "logical_and", "", nullptr},
    Operation{"logical_or.default", emit_method, "logical_or", "", nullptr},
    Operation{"logical_not.default", emit_method, "logical_not", "", nullptr},
    Operation{"min.other", emit_method, "minimum", "", nullptr},
    Operation{"max.other", emit_method, "maximum", "", nullptr},
    Operation{"minimum.default", emit_method, "minimum", "", nullptr},
    Operation{"maximum.default", emit_method, "maximum", "", nullptr},
};

}  // namespace

std::span<const Operation> comparison_operations() { return kTable; }

}  // namespace amalgam
