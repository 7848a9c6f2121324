// Stages: blocks that stand one behind another, alike but for the values of their weights, as
// people write them in a loop. A stage may have more blocks, or fewer.
#pragma once

#include <vector>

#include "variants/changes.h"
#include "variants/form.h"

namespace amalgam {

// Nodes [first, first + period * count) of the training graph. Each block takes one value of the
// one before it and gives one of the same shape, that of its node `out`.
struct Stage {
  std::size_t first = 0, period = 0, count = 0;
  std::size_t out = 0;  // counted from the block's first node
};

// The stages of a model, in order, none inside another: of those that overlap, the longest. A block
// has weights of its own, which are drawn anew, and in the same way as those of the others; what is
// not drawn has the same bytes in each. None in a model with another graph for evaluation, and
// no stage whose deviations are computed from its depth, because another depth would belie them.
// `starts` by tensor.
std::vector<Stage> find_stages(const Model& model, const std::vector<Start>& starts);

// The model with so many blocks in a stage of it: those too many are its last, and those that are
// missing are copies of its last. Nodes before the stage keep their places.
// REQUIRES: count > 0, and a stage of at least two blocks that find_stages() gave.
void set_depth(ChangedModel& changed, const Stage& stage, std::size_t count);

// What a block of a stage gives, counted from 0.
ValueId block_result(const std::vector<Node>& nodes, const Stage& stage, std::size_t block);

}  // namespace amalgam
