// Sizes and depths as people choose them, cut into fixed groups. A group does not depend on which
// of its members is asked, so that a draw from it says nothing of where it began.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace amalgam {

// A size as `rest` times a number of the ladder 1, 2, 3, 4, 6, 8, 12, 16, 24, ...: 2^k or 3 * 2^k.
struct Rung {
  std::uint64_t rest = 1, step = 1;
};
// REQUIRES: size > 0.
Rung rung_of(std::uint64_t size);

// The numbers of the ladder in the step's group, ascending: 1 to 6; 8 to 24; 32 to 96; 128 to 384;
// and so on. REQUIRES: the step is on the ladder, and below 2^60.
std::vector<std::uint64_t> steps_beside(std::uint64_t step);

// The numbers of blocks in the group of this one, ascending: 2 and 3, 4 and 6, 8 and 12, 16 and 24,
// ...; of odd ones 5 and 7, 9 and 11, ...; others stand alone.
std::vector<std::size_t> depths_beside(std::size_t depth);

// No more numbers of blocks than this for each size, however many stages there are: those of the
// deepest vary.
inline constexpr std::size_t kMostDepths = 8;
// Of stages with so many blocks those that vary, as places in `depths`, ascending.
std::vector<std::size_t> varying_stages(const std::vector<std::size_t>& depths);

// What may be chosen.
struct FamilyForm {
  std::vector<std::size_t> depths;  // of the stages that vary, in order
  std::uint64_t step = 1;           // on the ladder, that all sizes are multiples of

  auto operator<=>(const FamilyForm&) const = default;
};
// In all combinations of depths from its groups, and each in all of these steps; ascending in order
// of stages, steps last.
std::vector<FamilyForm> forms_beside(const FamilyForm& form,
                                     const std::vector<std::uint64_t>& steps);

}  // namespace amalgam
