// The plan that a key was sealed with, drawn again from its seed.
#pragma once

#include <span>

#include "key/key.h"
#include "plan/plan.h"

namespace amalgam {

// The streams without their rows: what the network needs to be known again. Throws kDamaged where
// the wanted tasks are other sub-networks than the key says, or its tensors do not fit them.
Plan streams_of_key(const Key& key);
// A stream's features, in the order of its task's: what they read is in the job's network.
std::span<const StreamField> features_of(const Key& key, const Stream& stream);
// Whether those are the positions of its features.
bool reads(const Key& key, const Stream& stream, std::span<const Positions> positions);
// All of the plan. Throws kDamaged, too, where its rows would take more memory than there is.
Plan plan_of_key(const Key& key);

}  // namespace amalgam
