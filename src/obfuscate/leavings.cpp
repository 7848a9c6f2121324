#include "obfuscate/leavings.h"

#include <cmath>

namespace amalgam {
namespace {

// A level that is less than so many times another is that.
constexpr double kCoarser = 1.3;

}  // namespace

double root_mean_square(const std::vector<double>& numbers) {
  double squares = 0;
  for (const double number : numbers) squares += number * number;
  return numbers.empty() ? 0 : std::sqrt(squares / static_cast<double>(numbers.size()));
}

bool alike(double a, double b) { return a <= kCoarser * b && b <= kCoarser * a; }

std::vector<double> beyond_rounding(const std::vector<double>& left, double rounding) {
  const double level = root_mean_square(left);
  if (level <= kCoarser * rounding) return {0};
  std::vector<double> more = left;
  const double share = std::sqrt(1 - rounding * rounding / (level * level));
  for (double& one : more) one *= share;
  return more;
}

}  // namespace amalgam
