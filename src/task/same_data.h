// Tasks that ask different questions of the same data: other targets, the same features.
#pragma once

#include "amalgam/recipe.h"

namespace amalgam {

// With each task knowing what the others over the same paths compare with, so that no answer to one
// question is a feature of another. Tasks that name targets alone have the first task's data, and
// decoys over a wanted task's data that name no held-out rows have its own of these, too.
Recipe with_same_data(Recipe recipe);

}  // namespace amalgam
