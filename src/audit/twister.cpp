#include "audit/twister.h"

#include <array>
#include <bit>
#include <cmath>

namespace amalgam {
namespace {

// A linear map of 32 bits: the image of each bit.
using Matrix = std::array<std::uint32_t, 32>;

constexpr std::uint32_t bit(std::size_t i) { return std::uint32_t{1} << i; }
constexpr std::uint32_t kTop = bit(31);

std::uint32_t parity(std::uint32_t x) { return static_cast<std::uint32_t>(std::popcount(x)) & 1; }

// How a state becomes an output.
std::uint32_t temper(std::uint32_t y) {
  y ^= y >> 11;
  y ^= (y << 7) & 0x9d2c5680;
  y ^= (y << 15) & 0xefc60000;
  return y ^ (y >> 18);
}

std::uint32_t twist(std::uint32_t y) { return (y >> 1) ^ ((y & 1) ? 0x9908b0df : 0); }

// The inverse of temper().
Matrix untempering() {
  std::array<std::pair<std::uint32_t, std::uint32_t>, 32> rows;  // an output and its state
  for (std::size_t i = 0; i < 32; ++i) rows[i] = {temper(bit(i)), bit(i)};
  for (std::size_t i = 0; i < 32; ++i) {
    std::size_t pivot = i;
    while (!(rows[pivot].first & bit(i))) ++pivot;
    std::swap(rows[i], rows[pivot]);
    for (std::size_t j = 0; j < 32; ++j)
      if (j != i && (rows[j].first & bit(i)))
        rows[j].first ^= rows[i].first, rows[j].second ^= rows[i].second;
  }
  Matrix inverse;
  for (std::size_t i = 0; i < 32; ++i) inverse[i] = rows[i].second;
  return inverse;
}

// All masks of bits whose sum is 0 in each of `vectors`: a basis.
std::vector<std::uint32_t> orthogonal(const std::vector<std::uint32_t>& vectors) {
  std::vector<std::uint32_t> basis;
  for (std::size_t i = 0; i < 32; ++i) basis.push_back(bit(i));
  for (const std::uint32_t vector : vectors) {
    std::uint32_t odd = 0;
    std::vector<std::uint32_t> kept;
    for (const std::uint32_t mask : basis) {
      if (parity(mask & vector) == 0)
        kept.push_back(mask);
      else if (odd == 0)
        odd = mask;
      else
        kept.push_back(mask ^ odd);
    }
    basis = std::move(kept);
  }
  return basis;
}

}  // namespace

bool HeldRelations::hold() const {
  const double n = static_cast<double>(tested);
  return enough() && static_cast<double>(held) - n / 2 > 8 * std::sqrt(n) / 2;
}

TwisterRelations::TwisterRelations(std::uint32_t known) {
  const Matrix state = untempering();
  std::vector<std::uint32_t> unknown = {twist(kTop)};
  for (std::size_t i = 0; i < 32; ++i)
    if (!(known & bit(i))) {
      unknown.push_back(state[i]);
      unknown.push_back(twist(state[i] & ~kTop));
    }
  for (const std::uint32_t mask : orthogonal(unknown)) {
    Masks masks{0, 0};
    for (std::size_t i = 0; i < 32; ++i) {
      if (parity(mask & twist(state[i] & ~kTop))) masks.first |= bit(i);
      if (parity(mask & state[i])) masks.others |= bit(i);
    }
    masks_.push_back(masks);
  }
}

HeldRelations TwisterRelations::test(std::span<const std::uint32_t> outputs) const {
  HeldRelations result;
  for (std::size_t k = 0; k + kSpan <= outputs.size(); ++k)
    for (const Masks& masks : masks_) {
      const std::uint32_t others = outputs[k + kSpan - 1] ^ outputs[k + 396];
      ++result.tested;
      result.held += parity((outputs[k] & masks.first) ^ (others & masks.others)) == 0;
    }
  return result;
}

}  // namespace amalgam
