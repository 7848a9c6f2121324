#include "variants/ladder.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace amalgam {
namespace {

constexpr int kGroup = 4;  // rungs: from the first to the last, sizes are multiplied by three
constexpr int kFirst = 6;  // the rung of 8; those below are one group, of as many whole numbers

// 2^k is 2k, 3 * 2^k is 2k + 3.
int index_of(std::uint64_t step) {
  int index = 0;
  for (; step > 3 || step == 2; step /= 2) index += 2;
  return step == 3 ? index + 3 : index;
}

std::uint64_t step_at(int index) {
  return index % 2 == 0 ? std::uint64_t{1} << (index / 2) : std::uint64_t{3} << ((index - 3) / 2);
}

}  // namespace

Rung rung_of(std::uint64_t size) {
  Rung rung{1, 1};
  for (; size % 2 == 0; size /= 2) rung.step *= 2;
  bool odd = false;  // number of threes: of 9, both are left to the rest
  std::uint64_t nines = size;
  for (; nines % 3 == 0; nines /= 3) odd = !odd;
  if (odd) {
    rung.step *= 3;
    size /= 3;
  }
  rung.rest = size;
  return rung;
}

std::vector<std::uint64_t> steps_beside(std::uint64_t step) {
  const int index = index_of(step);
  std::vector<std::uint64_t> steps;
  if (index < kFirst) {
    for (int i = 0; i < kFirst; ++i)
      if (i != 1) steps.push_back(step_at(i));  // one and a half is no size
    return steps;
  }
  const int first = index - (index - kFirst) % kGroup;
  for (int i = first; i < first + kGroup; ++i) steps.push_back(step_at(i));
  return steps;
}

std::vector<std::size_t> depths_beside(std::size_t depth) {
  if (depth >= 5 && depth % 2 == 1) {
    const std::size_t low = depth % 4 == 1 ? depth : depth - 2;
    return {low, low + 2};
  }
  if (depth < 2) return {depth};
  const Rung rung = rung_of(depth);
  if (rung.rest != 1) return {depth};
  const std::size_t low = rung.step % 3 == 0 ? rung.step / 3 * 2 : rung.step;
  return {low, low / 2 * 3};
}

std::vector<std::size_t> varying_stages(const std::vector<std::size_t>& depths) {
  std::vector<std::size_t> deepest(depths.size());
  std::iota(deepest.begin(), deepest.end(), std::size_t{0});
  std::stable_sort(deepest.begin(), deepest.end(), [&](std::size_t a, std::size_t b) {
    return depths_beside(depths[a]).front() > depths_beside(depths[b]).front();
  });
  std::vector<std::size_t> chosen;
  std::size_t combinations = 1;
  for (const std::size_t stage : deepest) {
    const std::size_t choices = depths_beside(depths[stage]).size();
    if (choices < 2 || combinations * choices > kMostDepths) continue;
    combinations *= choices;
    chosen.push_back(stage);
  }
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

std::vector<FamilyForm> forms_beside(const FamilyForm& form,
                                     const std::vector<std::uint64_t>& steps) {
  std::vector<std::vector<std::size_t>> all = {{}};
  for (const std::size_t own : form.depths) {
    std::vector<std::vector<std::size_t>> longer;
    for (const auto& one : all)
      for (const std::size_t depth : depths_beside(own)) {
        longer.push_back(one);
        longer.back().push_back(depth);
      }
    all = std::move(longer);
  }
  std::vector<FamilyForm> forms;
  for (const auto& depths : all)
    for (const std::uint64_t step : steps) forms.push_back({depths, step});
  return forms;
}

}  // namespace amalgam
