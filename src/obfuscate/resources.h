// What a job takes of the machine that trains it: memory and disk.
#pragma once

#include "amalgam/recipe.h"
#include "weave/weave.h"

namespace amalgam {

// Bytes. Parameters, their gradients and the optimizer's states stay; activations are there while
// one sub-network is at work.
struct Memory {
  double stays = 0, while_working = 0;
};
Memory memory_of(const TaskNetwork& task, std::uint64_t batch);

// Bytes that train.py asks for with its default --keep all,best, as it counts them itself
// (check_space in job/templates/train/trainer.py): for checkpoints and the weights that are kept
// once, and for the weights after each epoch.
struct Disk {
  double once = 0, epochs = 0;
};
Disk disk_of(const Weave& woven, const JobSettings& settings);

}  // namespace amalgam
