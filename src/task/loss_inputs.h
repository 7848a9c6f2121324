// What a loss takes: targets under their names, and for a loss that is a program the model's
// outputs, too.
#pragma once

#include <set>
#include <span>

#include "amalgam/dataset.h"
#include "amalgam/error.h"
#include "task/available.h"

namespace amalgam {

// Fills the targets of both flows, of the fields and made ones that are there in each, and with a
// loss that is a program its inputs and the results of the model's programs. Adds the fields that
// it takes to `used`. Adds findings where a target is missing or nobody's.
void match_loss(const Dataset& data, std::span<const Available> training,
                std::span<const Available> evaluation, TaskNetwork& network,
                std::set<std::size_t>& used, Findings& findings);

}  // namespace amalgam
