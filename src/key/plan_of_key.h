// The plan that a key was sealed with, drawn again from its seed.
#pragma once

#include "amalgam/key.h"
#include "plan/plan.h"

namespace amalgam {

Plan plan_of_key(const Key& key);

}  // namespace amalgam
