// Differences between sub-networks that are no statistic, one file each in tells/, with the rules
// that were fixed beforehand.
#pragma once

#include "audit/failure.h"
#include "audit/tell.h"

namespace amalgam {

// Values of parameters that some sub-networks have in common and others don't: variants carry what
// was kept of a task's model. The rule: one of those is wanted.
void check_shared_values(const FailureInput& input, TellList& out);

// Settings of recipes. The rules: wanted is who alone differs from all others, of three or more;
// who alone has changed what the others leave at its default; who alone has a number of three or
// more digits beside round ones. Losses and metrics go with the data, and are notes.
void check_recipes(const FailureInput& input, TellList& out);

// Architectures that are published exactly, beside others that are not. The rule: those are wanted.
void check_published(const FailureInput& input, TellList& out);

// Starts that an earlier job's start, or what came of its training, has as well (result/ in its
// folder). `same_rows`: all streams are in that job, too. The rules: wanted is who goes on from
// trained values; of the same rows, who alone begins anew; else who comes again.
void check_earlier_values(const FailureInput& input, const JobView& job, bool same_rows,
                          TellList& out);

// Outputs that no label names, in some sub-networks only. The rule: those are wanted; a decoy's
// model is made for its data, and one's own may have come with more, or keep some for later.
void check_outputs(const FailureInput& input, TellList& out);

// How uniform initial values were scaled, and whether they lie on a grid. The rule: who was not
// drawn as most of them is wanted; of two, who was trained, or else is PyTorch's, or at least not
// ours.
void check_rounding(const FailureInput& input, TellList& out);

}  // namespace amalgam
