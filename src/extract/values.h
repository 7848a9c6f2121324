// The values of a trained file, against what training can make of the job's initial ones.
#pragma once

#include <string>
#include <vector>

#include "extract/trained.h"

namespace amalgam {

// Throws kTrained with all findings. REQUIRES: names, dtypes and shapes are the key's;
// trained.digests are there.
void check_values(const std::string& where, const TrainedFile& trained, const Key& key);

// What is odd, and may be right: a file that equals the untrained job, trainable tensors that never
// moved, counters that the recipe's steps do not give. One line each, of all sub-networks alike.
std::vector<std::string> odd_values(const TrainedFile& trained, const Key& key);

}  // namespace amalgam
