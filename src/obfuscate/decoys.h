// The stages that make decoys: variants of wanted models, guests on data of their own, and tasks
// whose rows are made up.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "obfuscate/amounts.h"
#include "obfuscate/given.h"
#include "obfuscate/variants.h"

namespace amalgam {

// All variants of one wanted task's model.
struct TaskVariants {
  std::vector<std::optional<Variant>> on_data;  // for guests; nothing where classes can't be given
  std::vector<std::optional<Variant>> generated;
  // The model on images so small that a generated decoy inserts its part of a stream; null where
  // decoys share columns instead.
  std::shared_ptr<const Model> smaller;
};

// By wanted task. Variants of one model are drawn together, because its rank by size is among all
// of them.
std::vector<TaskVariants> draw_variants(const ObfuscateOptions& options, const Given& given,
                                        const Amounts& amounts, const Secret& seed);

// "@DATA": variants of the first wanted task's model, on the guests' data. Throws with all
// findings.
std::vector<Task> guests_on_data(const ObfuscateOptions& options, Given& given,
                                 const TaskVariants& variants, const Secret& seed);

// What generated decoys have in common.
struct Generation {
  NoiseKind noise;
  double part = 1;  // of a whole stream, that each inserts
};

// "MODEL@" guests, then the decoys after each wanted task. The same task gives the same decoys,
// whatever its place in the list. Throws with all findings.
std::vector<Task> generate_decoys(const ObfuscateOptions& options, const Given& given,
                                  const std::vector<TaskVariants>& variants,
                                  const Generation& generation, const Secret& seed);

}  // namespace amalgam
