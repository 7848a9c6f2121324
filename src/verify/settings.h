// Whether a recipe is the one that a job was made with: another trains something else.
#pragma once

#include <string>
#include <vector>

#include "amalgam/recipe.h"
#include "job/manifest.h"

namespace amalgam {

// What the recipe says otherwise than job.json of the job and of one of its sub-networks, as in "lr
// is 0.1, and in the job 0.05". [input] is code in the job, and not compared.
std::vector<std::string> other_settings(const JobSettings& job, const TrainSettings& train,
                                        const Manifest& manifest, std::size_t subnetwork);

}  // namespace amalgam
