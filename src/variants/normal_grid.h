// What is left of the numbers behind normal initial values.
//
// torch.Tensor.normal_ on the CPU fills 16 contiguous values at a time from 16 random numbers of 24
// bits: the i-th and the (i + 8)-th are radius * cos(angle) and radius * sin(angle) (Box and Muller
// 1958), with angle = 2 pi * number / 2^24 in float32. The angle survives any scale, and a change
// of a value by its last digit moves it off that grid.
#pragma once

#include <algorithm>
#include <array>
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
  void add_pair(float cosine, float sine) { add_pairs({{cosine}}, {{sine}}, 1); }
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
  // As many as are looked at together.
  static constexpr std::size_t kPairs = 64;
  using Block = std::array<float, kPairs>;
  // The first `count`. REQUIRES: the others are 0.
  void add_pairs(const Block& cosines, const Block& sines, std::size_t count);

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
  Block cosines{}, sines{};
  std::size_t filled = 0;
  const auto add_filled = [&] {
    add_pairs(cosines, sines, filled);
    cosines.fill(0), sines.fill(0);
    filled = 0;
  };
  // Pairs of one filling, whose first value is that of the span.
  const auto pairs_from = [&](std::uint64_t first, std::uint64_t pairs) {
    if (filled + kHalf > kPairs) add_filled();
    for (std::uint64_t i = first; i < first + pairs; ++i) {
      if (skip(i) || skip(i + kHalf)) continue;
      cosines[filled] = values[i], sines[filled] = values[i + kHalf];
      ++filled;
    }
  };
  const std::uint64_t end = std::min<std::uint64_t>(values.size(), last - std::min(last, at));
  for (std::uint64_t first = 0; first + kHalf < end; first += kFill)
    pairs_from(first, std::min(kHalf, end - kHalf - first));
  if (last < count && at + values.size() == count && values.size() >= kFill)
    pairs_from(values.size() - kFill, kHalf);
  add_filled();
}

}  // namespace amalgam
