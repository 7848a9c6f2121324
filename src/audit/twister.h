// What tells numbers of the Mersenne twister MT19937 (Matsumoto and Nishimura 1998), which PyTorch
// draws initial values with on the CPU, from any other numbers, without its seed.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace amalgam {

// Sums of bits that are 0 in the twister's numbers, and as often 0 as 1 in others.
struct HeldRelations {
  std::uint64_t tested = 0, held = 0;

  void add(const HeldRelations& other) { tested += other.tested, held += other.held; }
  // Enough to hold surely where all hold.
  bool enough() const { return tested >= 75; }
  // By more than eight standard deviations of what others do. Not all hold where some numbers are
  // known up to rounding only.
  bool hold() const;
};

// The linear relations over GF(2) among the outputs k + 1, k + 397 and k + 624 that only look at
// some of their bits. They follow from the recurrence
//   state[k + 624] = state[k + 397] ^ twist(top bit of state[k], others of state[k + 1])
// where an output is a state times an invertible matrix.
class TwisterRelations {
 public:
  // Outputs that a relation spans.
  static constexpr std::size_t kSpan = 624;

  // `known`: a mask of the bits that the relations look at.
  explicit TwisterRelations(std::uint32_t known);

  std::size_t count() const { return masks_.size(); }
  // `outputs`: consecutive, or their known bits. None are tested of fewer than kSpan.
  HeldRelations test(std::span<const std::uint32_t> outputs) const;

 private:
  struct Masks {
    std::uint32_t first, others;  // bits of output k + 1; of outputs k + 397 and k + 624
  };
  std::vector<Masks> masks_;
};

}  // namespace amalgam
