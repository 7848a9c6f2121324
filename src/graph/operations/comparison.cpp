#include <array>

#include "graph/operations/families.h"
#include "graph/operations/printing.h"

namespace amalgam {
namespace {

constexpr Operation compares(std::string_view name, std::string_view callee) {
  return operation(name).prints(infix(callee));
}
constexpr Operation combines(std::string_view name, std::string_view callee) {
  return operation(name).prints(method(callee));
}

constexpr std::array kRows = {
    compares("ge.Scalar", ">="),
    compares("ge.Tensor", ">="),
    compares("gt.Scalar", ">"),
    compares("gt.Tensor", ">"),
    compares("le.Scalar", "<="),
    compares("le.Tensor", "<="),
    compares("lt.Scalar", "<"),
    compares("lt.Tensor", "<"),
    compares("eq.Scalar", "=="),
    compares("eq.Tensor", "=="),
    compares("ne.Scalar", "!="),
    compares("ne.Tensor", "!="),
    compares("__and__.Tensor", "&"),
    compares("__or__.Tensor", "|"),
    compares("bitwise_and.Tensor", "&"),
    compares("bitwise_or.Tensor", "|"),
    combines("bitwise_not.default", "bitwise_not"),
    combines("logical_and.default", "logical_and"),
    combines("logical_or.default", "logical_or"),
    combines("logical_not.default", "logical_not"),
    combines("min.other", "minimum"),
    combines("max.other", "maximum"),
    combines("minimum.default", "minimum").ties(broadcasts),
    combines("maximum.default", "maximum").ties(broadcasts),
    // Names in double underscores are read only where they have a row.
    operation("__and__.Scalar"),
    operation("__or__.Scalar"),
    operation("__xor__.Scalar"),
    operation("__xor__.Tensor"),
    operation("__lshift__.Scalar"),
    operation("__lshift__.Tensor"),
    operation("__rshift__.Scalar"),
    operation("__rshift__.Tensor"),
    operation("__iand__.Scalar"),
    operation("__iand__.Tensor"),
    operation("__ior__.Scalar"),
    operation("__ior__.Tensor"),
};

}  // namespace

std::span<const Operation> comparison_operations() { return kRows; }

}  // namespace amalgam
