// How columns of real numbers are scaled.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "obfuscate/quantile_map.h"

namespace amalgam {

struct Scaling {
  // kFloat64: (value - shift) / divisor + to, rounded once. kFloat32: the same in float32, without
  // `to`. kMultiplied: in float32, value * (1 / divisor) + (to - shift / divisor).
  enum class Arithmetic { kFloat64, kFloat32, kMultiplied };
  // Of neighbouring columns; all groups are as wide.
  struct Group {
    bool scaled = false;  // or its values stay
    Arithmetic arithmetic = Arithmetic::kFloat64;
    double shift = 0, divisor = 1;
    double to = 0;  // what `shift` becomes
    // Before that: value * factor + offset, in float32. What was scaled already is given a place
    // and a scale again, which float32 then leaves its traces of.
    double factor = 1, offset = 0;
    std::shared_ptr<const QuantileMap> ranks;  // instead of all that

    float operator()(float value) const {
      if (!scaled) return value;
      if (ranks) return (*ranks)(value);
      if (factor != 1 || offset != 0)
        value = static_cast<float>(static_cast<double>(value) * factor + offset);
      if (arithmetic == Arithmetic::kFloat64)
        return static_cast<float>((static_cast<double>(value) - shift) / divisor + to);
      const auto less = static_cast<float>(shift), by = static_cast<float>(divisor);
      if (arithmetic == Arithmetic::kFloat32) return (value - less) / by;
      const float scale = 1 / by;
      const float product = value * scale;
      return product + (static_cast<float>(to) - less * scale);
    }
  };
  std::vector<Group> groups;  // none: all values stay

  float operator()(float value, std::size_t group) const { return groups[group](value); }

  // Takes over what `other` scales.
  void join(const Scaling& other) {
    if (groups.size() != other.groups.size() && !other.groups.empty()) groups = other.groups;
    for (std::size_t g = 0; g < other.groups.size(); ++g)
      if (other.groups[g].scaled) groups[g] = other.groups[g];
  }
};

}  // namespace amalgam
