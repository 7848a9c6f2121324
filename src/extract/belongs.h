// Whether a trained file is of the key's own job: what a sub-network reads is the same for ever,
// and no other job's is.
#pragma once

#include <map>
#include <string>

#include "extract/trained.h"

namespace amalgam {

// Throws kTrained where the file itself says that it is of another job: then what its tensors are
// would only be a list of what that job has.
void check_job_of(const std::string& where, const std::map<std::string, std::string>& metadata,
                  const Key& key);

// Throws kTrained with all findings, "was not made from this key's job" or "sub-networks are
// exchanged". REQUIRES: names, dtypes and shapes are the key's; trained.streams is drawn.
void check_belongs(const std::string& where, const TrainedFile& trained, const Key& key);

}  // namespace amalgam
