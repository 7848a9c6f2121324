// How columns of real numbers are scaled.
#pragma once

#include <cstddef>
#include <vector>

namespace amalgam {

struct Scaling {
  // kFloat64: (value - shift) / divisor + to, rounded once. kFloat32: the same in float32, without
  // `to`. kMultiplied: in float32, value * (1 / divisor) + (to - shift / divisor).
  enum class Arithmetic { kFloat64, kFloat32, kMultiplied };
  // Of neighbouring columns; all groups are as wide.
  struct Group {
    double shift = 0, divisor = 1;
    double to = 0;  // what `shift` becomes
    // Before that: value * factor + offset, in float32. What was scaled already is given a place
    // and a scale again, which float32 then leaves its traces of.
    double factor = 1, offset = 0;
  };
  std::vector<Group> groups;  // none: values stay
  Arithmetic arithmetic = Arithmetic::kFloat64;

  float operator()(float value, std::size_t group) const {
    const Group& by = groups[group];
    if (by.factor != 1 || by.offset != 0)
      value = static_cast<float>(static_cast<double>(value) * by.factor + by.offset);
    if (arithmetic == Arithmetic::kFloat64)
      return static_cast<float>((static_cast<double>(value) - by.shift) / by.divisor + by.to);
    const auto shift = static_cast<float>(by.shift), divisor = static_cast<float>(by.divisor);
    if (arithmetic == Arithmetic::kFloat32) return (value - shift) / divisor;
    const float scale = 1 / divisor;
    const float product = value * scale;
    return product + (static_cast<float>(by.to) - shift * scale);
  }
};

}  // namespace amalgam
