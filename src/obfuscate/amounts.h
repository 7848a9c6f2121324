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

}  // namespace amalgam
