// Which of a row's features says most, so that it is what attackers look at first: beside tokens a
// mask, types or positions of tokens say little.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "amalgam/dataset.h"

namespace amalgam {

// Rows of a feature that decide.
constexpr std::uint64_t kDecidingRows = 64;

struct FeatureRows {
  DType dtype;
  std::uint64_t width;           // elements of a row
  std::vector<std::byte> bytes;  // rows one after another
};

// Whether rows differ, in more than two values.
bool says_much(const FeatureRows& feature);
// The widest of those that say much, or of all where none does; of equals the first.
// REQUIRES: at least one.
std::size_t main_feature(const std::vector<FeatureRows>& features);
const Field& main_feature(const Dataset& data);

}  // namespace amalgam
