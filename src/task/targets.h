// Whether targets fit the model's output and the loss.
#pragma once

#include "amalgam/error.h"
#include "task/task.h"

namespace amalgam {

// That targets of both flows fit the output and the loss; adds their shapes, and where the classes
// are. Returns the number of classes, or 0: of a loss that is a program nothing is known.
// REQUIRES: match_fields() found nothing, or findings says so.
std::uint64_t match_targets(const Dataset& data, TaskNetwork& network, Findings& findings);
// That class numbers are below `classes`, naming the first row that is not.
void check_labels(const Dataset& data, const TaskNetwork& network, std::uint64_t classes,
                  Findings& findings);
// That a loss's weights are as many as there are classes, or values of a row.
void check_loss_weights(const TaskNetwork& network, Findings& findings);
// That the metric by which epochs are compared can be had of these targets.
void check_metric(const TaskNetwork& network, std::uint64_t classes, bool has_validation,
                  Findings& findings);

}  // namespace amalgam
