// How columns of real numbers are scaled.
#pragma once

#include <cstddef>
#include <vector>

namespace amalgam {

struct Scaling {
  // Of neighbouring columns; all groups are as wide.
  struct Group {
    double shift = 0, divisor = 1;
    double to = 0;  // what `shift` becomes
  };
  std::vector<Group> groups;  // none: values stay
  // As scalers that multiply do it, in float32: value * (1 / divisor) + (to - shift / divisor),
  // with each result rounded. Else (value - shift) / divisor + to in float64, rounded once.
  bool multiplied = false;

  float operator()(float value, std::size_t group) const {
    const Group& by = groups[group];
    if (!multiplied)
      return static_cast<float>((static_cast<double>(value) - by.shift) / by.divisor + by.to);
    const float scale = 1 / static_cast<float>(by.divisor);
    const float product = value * scale;
    return product + (static_cast<float>(by.to) - static_cast<float>(by.shift) * scale);
  }
};

}  // namespace amalgam
