// What a key says, checked in one place before anybody uses it: a key may come from somewhere else.
#pragma once

#include <string>

#include "key/key.h"

namespace amalgam {

// Throws kDamaged with all findings: names that the recipe's grammar does not know, indices out of
// range, sizes that no job has or that contradict each other. A key that passes is safe to draw
// streams from: it takes less than a gigabyte, and seconds.
void check_key(const Key& key, const std::string& where);

// The same for what needs all rows of the plan: that drawing them takes no more memory than this
// process may use for it.
void check_rows(const Key& key, const std::string& where);

}  // namespace amalgam
