// How columns of real numbers are scaled.
#pragma once

#include <cstddef>
#include <vector>

namespace amalgam {

// By group of neighbouring columns, all as wide; no groups: values stay.
struct Scaling {
  std::vector<double> shift, divisor;
  // As scalers that multiply do it, in float32: value * (1 / divisor) + (-shift / divisor), with
  // each result rounded. Else (value - shift) / divisor in float64, rounded once.
  bool multiplied = false;

  float operator()(float value, std::size_t group) const {
    if (!multiplied)
      return static_cast<float>((static_cast<double>(value) - shift[group]) / divisor[group]);
    const float scale = 1 / static_cast<float>(divisor[group]);
    const float product = value * scale;
    return product + -(static_cast<float>(shift[group]) * scale);
  }
};

}  // namespace amalgam
