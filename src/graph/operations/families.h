// The families of operations, a file each: the rows of one kind, and their rules beside them. Order
// within a family is part of what is drawn for variants. For table.cpp; others ask the table.
#pragma once

#include <span>

#include "graph/operations/operation.h"

namespace amalgam {

std::span<const Operation> convolution_operations();
std::span<const Operation> linear_operations();
std::span<const Operation> norm_operations();
std::span<const Operation> activation_operations();
std::span<const Operation> dropout_operations();
std::span<const Operation> pooling_operations();
std::span<const Operation> arithmetic_operations();
std::span<const Operation> reduction_operations();
std::span<const Operation> comparison_operations();
std::span<const Operation> shape_operations();
std::span<const Operation> part_operations();
std::span<const Operation> copy_operations();
std::span<const Operation> creation_operations();
std::span<const Operation> attention_operations();
std::span<const Operation> recurrent_operations();
std::span<const Operation> number_operations();
std::span<const Operation> assertion_operations();

}  // namespace amalgam
