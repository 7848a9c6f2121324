// The numbers behind uniform initial values: a random number of 24 bits, scaled in float32.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace amalgam {

// Values are from + number / 2^24 * range, rounded once (as PyTorch does) or twice.
struct UniformGrid {
  float from = 0, range = 0;

  // The number behind a value; nothing where it is off the grid.
  std::optional<std::uint32_t> number(float value) const;
};

// Of values that uniform_(-b, b) or uniform_(0, b) drew, for any b; nothing where they are off any
// such grid, or too few to tell.
std::optional<UniformGrid> find_grid(std::span<const float> values);

bool all_on(const UniformGrid& grid, std::span<const float> values);

// The least end of their range for which all values are on a grid, `on(end, values)`, of those that
// their largest magnitude suggests; nothing where there is none, they are no random numbers, or too
// few to tell.
using OnGrid = std::function<bool(float end, std::span<const float> values)>;
std::optional<float> find_end(std::span<const float> values, const OnGrid& on);

// Values that come again and again, and those that are not finite, are no random numbers.
bool look_random(std::vector<float> values);

// Empty where a value is off the grid.
std::vector<std::uint32_t> numbers_on(const UniformGrid& grid, std::span<const float> values);

}  // namespace amalgam
