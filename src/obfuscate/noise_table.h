// "--noise copula:DATA": the rows that decoys are like.
#pragma once

#include <string>

#include "amalgam/obfuscate.h"
#include "obfuscate/given.h"

namespace amalgam {

// DATA, read as the first wanted task reads its validation data. Throws where its fields are not
// the task's, where it has too few rows of a class of the task's, and where its rows are in the
// job: who compares decoys with those would see it.
std::shared_ptr<const Dataset> read_noise_table(const ObfuscateOptions& options, const Given& given,
                                                const std::string& path,
                                                const DatasetOptions& reading);

}  // namespace amalgam
