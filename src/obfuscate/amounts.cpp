#include "obfuscate/amounts.h"

#include <fmt/format.h>

#include <numeric>

#include "amalgam/error.h"

namespace amalgam {
namespace {

// Generated decoys imitate the wanted tasks in turn.
double capacity(const std::vector<std::uint64_t>& wanted, std::uint64_t decoys) {
  double values = 0;
  for (std::uint64_t i = 0; i < decoys; ++i)
    values += static_cast<double>(wanted[i % wanted.size()]);
  return values;
}

}  // namespace

Inserted share_values(const std::optional<double>& amount, const std::vector<std::uint64_t>& wanted,
                      std::uint64_t guests, const std::optional<std::uint64_t>& decoys,
                      std::uint64_t fallback) {
  if (!amount) return {decoys.value_or(fallback), 1};
  const double own =
      static_cast<double>(std::accumulate(wanted.begin(), wanted.end(), std::uint64_t{0}));
  const double left = *amount * own - static_cast<double>(guests);
  if (left < -0.5 || (left < 0.5 && decoys.value_or(0) > 0))
    throw Error(ErrorCode::kInvalid, "--amount",
                fmt::format("{} would be less than the guests alone insert ({:.2f}); leave it out, "
                            "or give fewer guests",
                            *amount, static_cast<double>(guests) / own));
  if (left < 0.5) return {0, 1};
  std::uint64_t needed = 1;
  while (capacity(wanted, needed) < left - 0.5) ++needed;
  const std::uint64_t given = decoys.value_or(needed);
  if (given < needed)
    throw Error(ErrorCode::kInvalid, "--amount",
                fmt::format("{} needs at least {} generated decoys, each with a stream of its own; "
                            "--decoys is {}",
                            *amount, needed, given));
  return {given, std::min(1.0, left / capacity(wanted, given))};
}

double share_parameters(double amount, double wanted, double fixed, double variants) {
  if (variants == 0)
    throw Error(ErrorCode::kInvalid, "--model-amount",
                "needs decoys whose size can be chosen: generated ones, or guests of data alone");
  const double left = amount * wanted - fixed;
  if (left <= 0)
    throw Error(ErrorCode::kInvalid, "--model-amount",
                fmt::format("{} would be less than the guests' own models have ({:.2f})", amount,
                            fixed / wanted));
  return left / variants;
}

}  // namespace amalgam
