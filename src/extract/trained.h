// A trained file, checked against the key it belongs to (law 8).
//
// Every check covers all sub-networks alike, wanted or not: what a damaged one makes us say must
// not depend on which it is.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "formats/safetensors.h"
#include "key/key.h"
#include "plan/plan.h"

namespace amalgam {

struct TrainedFile {
  std::vector<NamedTensor> tensors;  // in the order of Key::trained
  std::vector<std::string> digests;  // of each; see tensor_digest
  Plan streams;                      // the key's, without rows
  // Of weights that are each sub-network's best, as train.py says it: "3,1,2"; else empty.
  std::string best_epochs = {};  // NOLINT(readability-redundant-member-init)
};

// Throws kTrained or kDamaged with all findings: names missing or extra, other dtypes or shapes;
// another job's file, or sub-networks that are exchanged; tensors that training does not change and
// that were changed; values that are not finite where their initial values were, and variances
// below 0.
TrainedFile read_trained(const std::filesystem::path& path, const Key& key);

// The tensors of one wanted task under the names of the user's state_dict(), with tokens numbered
// as the user has them; a tied tensor once under each of its names.
// `plan` is the key's; it is looked into only where tokens were numbered anew.
std::vector<NamedTensor> user_tensors(const KeyWanted& wanted, const Plan& plan,
                                      const std::vector<NamedTensor>& trained);

}  // namespace amalgam
