// Loops over blocks of values that compilers turn into vector instructions, compiled once for the
// plainest processor and once for a wider one.
//
// Sums and products alone, in one order, and never fused (-ffp-contract=off, CMakeLists.txt), so
// that every processor gets the same bits.
#pragma once

#include <cstddef>
#include <utility>

#define AMALGAM_INLINED __attribute__((always_inline)) inline

namespace amalgam {

#if defined(__x86_64__)
template <typename Body, typename... Arguments>
__attribute__((target("avx2"))) auto run_avx2(const Arguments&... arguments) {
  return Body::run(arguments...);
}

inline bool has_avx2() {
  static const bool has = __builtin_cpu_supports("avx2");
  return has;
}
#endif

// Body::run(arguments...), which is AMALGAM_INLINED, as what it calls.
template <typename Body, typename... Arguments>
auto run_widest(const Arguments&... arguments) {
#if defined(__x86_64__)
  if (has_avx2()) return run_avx2<Body>(arguments...);
#endif
  return Body::run(arguments...);
}

// The nearest whole number of one below 2^51 in magnitude; without a call, so that loops of it
// become vectors.
AMALGAM_INLINED double nearest_whole(double x) {
  constexpr double kWhole = 0x1.8p52;
  return (x + kWhole) - kWhole;
}

// c[0] + c[1] x + c[2] x^2 + ..., by Horner's rule.
template <std::size_t kTop, typename Coefficients>
AMALGAM_INLINED double horner(const Coefficients& c, double x) {
  if constexpr (kTop + 1 == std::tuple_size_v<Coefficients>)
    return c[kTop];
  else
    return horner<kTop + 1>(c, x) * x + c[kTop];
}
template <typename Coefficients>
AMALGAM_INLINED double polynomial(const Coefficients& c, double x) {
  return horner<0>(c, x);
}

}  // namespace amalgam
