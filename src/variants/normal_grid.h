// What is left of the numbers behind normal initial values.
//
// torch.Tensor.normal_ on the CPU fills 16 contiguous values at a time from 16 random numbers of 24
// bits: the i-th and the (i + 8)-th are radius * cos(angle) and radius * sin(angle) (Box and Muller
// 1958), with angle = 2 pi * number / 2^24 in float32. The angle survives any scale, and a change
// of a value by its last digit moves it off that grid.
#pragma once

#include <cstdint>
#include <span>

namespace amalgam {

// How far pairs are from the grid, in steps of it.
class AngleGrid {
 public:
  // Values as they lie in memory, `at` behind the first of `count` that were filled in one go.
  // `skip(i)`: whether the value i of the span is none of these any more. REQUIRES: `at` is a
  // multiple of 16, and so is the size of `values` but for the last ones.
  template <typename Skip>
  void add(std::span<const float> values, std::uint64_t at, std::uint64_t count, Skip skip);
  void add_pair(float cosine, float sine);
  void add(const AngleGrid& other);

  std::uint64_t pairs() const { return pairs_; }
  // All pairs are on the grid; there are enough of them to say so.
  bool all_on() const;
  // There are so many that they alone say that the values are normal.
  bool sure() const { return pairs_ >= kSure; }
  // The part of the pairs that is on the grid, where some have been replaced.
  double part_on() const;

  // So many pairs are on the grid by chance once in a thousand.
  static constexpr std::uint64_t kEnough = 8;
  static constexpr std::uint64_t kSure = 32;

 private:
  std::uint64_t pairs_ = 0, far_ = 0;
  double squares_ = 0;
};

template <typename Skip>
void AngleGrid::add(std::span<const float> values, std::uint64_t at, std::uint64_t count,
                    Skip skip) {
  static constexpr std::uint64_t kFill = 16, kHalf = 8;
  if (count < kFill) return;  // drawn one by one, in float64
  // Where the count is no multiple, the last 16 are filled once more.
  const std::uint64_t last = count % kFill == 0 ? count : count - kFill;
  const auto pair = [&](std::uint64_t i) {
    if (!skip(i) && !skip(i + kHalf)) add_pair(values[i], values[i + kHalf]);
  };
  for (std::uint64_t i = 0; i < values.size(); ++i) {
    const std::uint64_t place = at + i;
    if (place >= last || i + kHalf >= values.size()) break;
    if (place % kFill < kHalf && place + kHalf < last) pair(i);
  }
  if (last < count && at + values.size() == count && values.size() >= kFill)
    for (std::uint64_t i = 0; i < kHalf; ++i) pair(values.size() - kFill + i);
}

}  // namespace amalgam
