// A trained file, checked against the key it belongs to (law 8).
#pragma once

#include <filesystem>
#include <vector>

#include "amalgam/key.h"
#include "formats/safetensors.h"
#include "plan/plan.h"

namespace amalgam {

// The file's tensors. Throws kTrained or kDamaged with all findings: names missing or extra, other
// dtypes or shapes, and in the tensors of `wanted` values that are not finite where their initial
// values were.
std::vector<NamedTensor> read_trained(const std::filesystem::path& path, const Key& key,
                                      const std::vector<KeyWanted>& wanted);

// The tensors of one wanted task under the names of the user's state_dict(), with tokens numbered
// as the user has them; a tied tensor once under each of its names.
// `plan` is the key's; it is looked into only where tokens were numbered anew.
std::vector<NamedTensor> user_tensors(const KeyWanted& wanted, const Plan& plan,
                                      const std::vector<NamedTensor>& trained);

}  // namespace amalgam
