// How much is inserted, as the paper counts it: values and parameters, relative to the wanted
// tasks'.
#pragma once

#include <optional>
#include <vector>

#include "amalgam/obfuscate.h"
#include "obfuscate/given.h"

namespace amalgam {

struct Amounts {
  // Decoys that are generated after each wanted task: they take turns.
  std::vector<std::size_t> generated;
  // Of a whole stream, that each of them inserts.
  double part = 1;
  // The mean of the variants' parameters, relative to their model's; none: as it comes.
  std::optional<double> mean_parameters;

  std::size_t all_generated() const;
};

// Throws kInvalid where what is asked for can't be met.
Amounts decide_amounts(const ObfuscateOptions& options, const Given& given);

// Generated decoys, and the part of a whole stream that each of them inserts.
struct Inserted {
  std::uint64_t decoys = 0;
  double part = 1;
};

// For an amount of inserted values (none: whole streams). `wanted` are the wanted tasks' values a
// sample, `guests` the guests' together; generated decoys imitate the wanted tasks in turn. Without
// a number of decoys, the fewest that can insert as much. Throws kInvalid where it can't be met.
Inserted share_values(const std::optional<double>& amount, const std::vector<std::uint64_t>& wanted,
                      std::uint64_t guests, const std::optional<std::uint64_t>& decoys,
                      std::uint64_t fallback);

// The parameters of each variant, relative to its model's: `wanted` are the wanted models'
// parameters, `fixed` those of guests with models of their own, `variants` those of the models that
// variants are made of. Throws kInvalid where the amount can't be met.
double share_parameters(double amount, double wanted, double fixed, double variants);

}  // namespace amalgam
