#include "base/normal_quantile.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>

#include "base/vectorised.h"

namespace amalgam {
namespace {

using Coefficients = std::array<double, 8>;

constexpr Coefficients kCentreTop = {3.3871328727963666080e0,  1.3314166789178437745e+2,
                                     1.9715909503065514427e+3, 1.3731693765509461125e+4,
                                     4.5921953931549871457e+4, 6.7265770927008700853e+4,
                                     3.3430575583588128105e+4, 2.5090809287301226727e+3};
constexpr Coefficients kCentreBottom = {1,
                                        4.2313330701600911252e+1,
                                        6.8718700749205790830e+2,
                                        5.3941960214247511077e+3,
                                        2.1213794301586595867e+4,
                                        3.9307895800092710610e+4,
                                        2.8729085735721942674e+4,
                                        5.2264952788528545610e+3};
constexpr Coefficients kNearTop = {1.42343711074968357734e0,  4.63033784615654529590e0,
                                   5.76949722146069140550e0,  3.64784832476320460504e0,
                                   1.27045825245236838258e0,  2.41780725177450611770e-1,
                                   2.27238449892691845833e-2, 7.74545014278341407640e-4};
constexpr Coefficients kNearBottom = {1,
                                      2.05319162663775882187e0,
                                      1.67638483018380384940e0,
                                      6.89767334985100004550e-1,
                                      1.48103976427480074590e-1,
                                      1.51986665636164571966e-2,
                                      5.47593808499534494600e-4,
                                      1.05075007164441684324e-9};
constexpr Coefficients kFarTop = {6.65790464350110377720e0,  5.46378491116411436990e0,
                                  1.78482653991729133580e0,  2.96560571828504891230e-1,
                                  2.65321895265761230930e-2, 1.24266094738807843860e-3,
                                  2.71155556874348757815e-5, 2.01033439929228813265e-7};
constexpr Coefficients kFarBottom = {1,
                                     5.99832206555887937690e-1,
                                     1.36929880922735805310e-1,
                                     1.48753612908506148525e-2,
                                     7.86869131145613259100e-4,
                                     1.84631831751005468180e-5,
                                     1.42151175831644588870e-7,
                                     2.04426310338993978564e-15};

constexpr double kCentre = 0.425, kSplit = 5;

AMALGAM_INLINED double centre(double q) {
  const double r = 0.180625 - q * q;
  return q * polynomial(kCentreTop, r) / polynomial(kCentreBottom, r);
}
AMALGAM_INLINED double near_tail(double r) {
  return polynomial(kNearTop, r - 1.6) / polynomial(kNearBottom, r - 1.6);
}
double far_tail(double r) {
  return polynomial(kFarTop, r - kSplit) / polynomial(kFarBottom, r - kSplit);
}

// 1 / 1, 1 / 3, 1 / 5, ...
constexpr auto kOdd = [] {
  std::array<double, 12> inverse{};
  for (std::size_t k = 0; k < inverse.size(); ++k)
    inverse[k] = 1.0 / static_cast<double>(2 * k + 1);
  return inverse;
}();

// The natural logarithm, to 1e-15, of a positive number that is not denormal.
AMALGAM_INLINED double logarithm(double x) {
  constexpr std::uint64_t kFraction = (std::uint64_t{1} << 52) - 1,
                          kHalf = std::uint64_t{1022} << 52;
  const auto bits = std::bit_cast<std::uint64_t>(x);
  // The bits of a whole number below 2^52, as the fraction of a double.
  const double biased = std::bit_cast<double>((bits >> 52) | std::bit_cast<std::uint64_t>(0x1p52));
  double exponent = biased - (0x1p52 + 1022);
  double part = std::bit_cast<double>((bits & kFraction) | kHalf);
  const bool low = part < 0.70710678118654752440;
  part = low ? part * 2 : part;
  exponent = low ? exponent - 1 : exponent;
  // 2 artanh(s)
  const double s = (part - 1) / (part + 1), square = s * s;
  return 2 * s * polynomial(kOdd, square) + exponent * 0.69314718055994530942;
}

constexpr std::size_t kBlock = 256;

// Of a block: where values lie near a half; the nearer end's probability; and whether it is nearer
// than a half.
struct Quantiles {
  double z[kBlock], ends[kBlock];
  std::int64_t far[kBlock];
};

struct Centres {
  static AMALGAM_INLINED void run(const std::span<const double>& p, Quantiles* const& out) {
    for (std::size_t i = 0; i < p.size(); ++i) {
      const double q = p[i] - 0.5;
      out->z[i] = centre(q);
      out->ends[i] = q < 0 ? p[i] : 1 - p[i];
      out->far[i] = std::abs(q) <= kCentre ? 0 : 1;
    }
  }
};

// Of probabilities near an end; and their roots of the logarithm.
struct Tails {
  static AMALGAM_INLINED void run(const std::span<double>& p, double* const& roots) {
    for (std::size_t i = 0; i < p.size(); ++i) {
      roots[i] = std::sqrt(-logarithm(p[i]));
      p[i] = near_tail(roots[i]);
    }
  }
};

void block_quantiles(std::span<double> p) {
  Quantiles all;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled at once
  double tails[kBlock], roots[kBlock];
  std::size_t places[kBlock], count = 0;
  run_widest<Centres>(std::span<const double>(p), &all);
  for (std::size_t i = 0; i < p.size(); ++i) {
    places[count] = i;
    tails[count] = all.ends[i];
    count += static_cast<std::size_t>(all.far[i]);
  }
  run_widest<Tails>(std::span(tails).first(count), &roots[0]);
  for (std::size_t t = 0; t < count; ++t) {
    if (roots[t] > kSplit) tails[t] = far_tail(roots[t]);
    all.z[places[t]] = std::copysign(tails[t], p[places[t]] - 0.5);
  }
  std::copy_n(&all.z[0], p.size(), p.begin());
}

}  // namespace

double normal_quantile(double p) {
  normal_quantiles(std::span(&p, 1));
  return p;
}

void normal_quantiles(std::span<double> p) {
  for (std::size_t at = 0; at < p.size(); at += kBlock)
    block_quantiles(p.subspan(at, std::min(kBlock, p.size() - at)));
}

}  // namespace amalgam
