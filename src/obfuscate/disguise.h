// --disguise: whose tokens are numbered anew.
#pragma once

#include "amalgam/obfuscate.h"
#include "task/task.h"

namespace amalgam {

// Whether any tokens are numbered anew where nothing else is asked for.
bool numbers_tokens_anew(const std::vector<Task>& tasks);

// Marks the tasks whose tokens the plan shall number anew. All tasks alike, but for this: a wanted
// one (the first `wanted`) whose tokens can't be is refused where that was asked for.
void mark_vocabularies(Disguise disguise, std::size_t wanted, std::vector<Task>& tasks);

}  // namespace amalgam
