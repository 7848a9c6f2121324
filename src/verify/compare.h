// Two trainings of one model, tensor by tensor.
#pragma once

#include <filesystem>
#include <vector>

#include "amalgam/verify.h"
#include "formats/safetensors.h"

namespace amalgam {

struct Comparison {
  std::size_t tensors = 0;    // under any name of either
  std::size_t identical = 0;  // bit for bit
  std::vector<Difference> differences;

  // Whether numbers say how far the two are apart.
  bool comparable() const;
  // The root of the sum of all squared differences. REQUIRES: comparable.
  double distance() const;
};

// What `found` has in place of `expected`; names of one side only are differences, too.
Comparison compare(const std::vector<NamedTensor>& found, const std::vector<NamedTensor>& expected);

// The largest single difference and its tensor, as text: "3e-08 (head.weight)", or "0".
std::string largest_text(const Comparison& comparison);

}  // namespace amalgam
