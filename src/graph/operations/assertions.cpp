// Checks that torch.export writes into a graph: they have no effect on values.
#include <array>

#include "graph/operations/families.h"

namespace amalgam {
namespace {

constexpr Operation asserts(std::string_view name) { return operation(name).is(Trait::kAssertion); }

constexpr std::array kRows = {
    asserts("_assert_async.default"),       asserts("_assert_async.msg"),
    asserts("_assert_scalar.default"),      asserts("_assert_tensor_metadata.default"),
    asserts("sym_constrain_range.default"), asserts("sym_constrain_range_for_size.default"),
};

}  // namespace

std::span<const Operation> assertion_operations() { return kRows; }

}  // namespace amalgam
