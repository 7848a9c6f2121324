// Which field numbers classes, and how many rows each class has.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "amalgam/dataset.h"

namespace amalgam {

// The first target that is one class number a row; null where none is.
const Field* class_labels(const Dataset& data);
// By class number; only of data whose classes have names.
std::vector<std::uint64_t> count_classes(const Dataset& data);
// "0 'cat' (3 rows), 1 'dog' (4 rows)", at most twenty of them, then how many there are besides.
std::string describe_classes(const Dataset& data);

// Of a model's outputs, how many no label names; 0 where so few labels may lack one by accident.
std::uint64_t unused_outputs(std::span<const std::int64_t> labels, std::uint64_t outputs);

}  // namespace amalgam
