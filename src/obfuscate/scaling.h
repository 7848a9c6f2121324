// How columns of real numbers are scaled.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "obfuscate/decimals.h"
#include "obfuscate/quantile_map.h"

namespace amalgam {

// How the columns of a row make groups that are scaled together, all as wide: neighbours, or each
// `count`-th column.
struct Grouping {
  std::size_t count = 0;
  bool interleaved = false;

  std::size_t of(std::size_t column, std::size_t width) const {
    return interleaved ? column % count : column / (width / count);
  }
  std::size_t first_of(std::size_t group, std::size_t width) const {
    return interleaved ? group : group * (width / count);
  }
};

struct Scaling {
  // kFloat64: (value - shift) / divisor + to, rounded once. kFloat32: the same in float32, without
  // `to`. kMultiplied: in float32, value * (1 / divisor) + (to - shift / divisor).
  enum class Arithmetic { kFloat64, kFloat32, kMultiplied };
  struct Group {
    bool scaled = false;    // or its values stay
    bool decimals = false;  // kFloat64: of the decimal numbers that were rounded to float32
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
      if (arithmetic == Arithmetic::kFloat64) {
        const double of = decimals ? nearest_decimal(value) : static_cast<double>(value);
        return static_cast<float>((of - shift) / divisor + to);
      }
      const auto less = static_cast<float>(shift), by = static_cast<float>(divisor);
      if (arithmetic == Arithmetic::kFloat32) return (value - less) / by;
      const float scale = 1 / by;
      const float product = value * scale;
      return product + (static_cast<float>(to) - less * scale);
    }
  };
  std::vector<Group> groups;  // none: all values stay
  bool interleaved = false;
  std::size_t left = 0;  // groups that float32 cannot scale, of those that are meant

  // A value of that column of a row of so many.
  float operator()(float value, std::size_t column, std::size_t width) const {
    return groups[Grouping{groups.size(), interleaved}.of(column, width)](value);
  }

  // Takes over what `other` scales.
  void join(const Scaling& other) {
    if (other.groups.empty()) return;
    if (groups.size() != other.groups.size() || interleaved != other.interleaved) *this = other;
    for (std::size_t g = 0; g < other.groups.size(); ++g)
      if (other.groups[g].scaled) groups[g] = other.groups[g];
  }
};

}  // namespace amalgam
