// Some rows of a task's data, in place of all.
#pragma once

#include <memory>
#include <vector>

#include "formats/rows.h"
#include "obfuscate/scaling.h"

namespace amalgam {

// Row i is row rows[i] of `source`; fields with a scaling are scaled.
std::shared_ptr<const RowSource> chosen_rows(std::shared_ptr<const RowSource> source,
                                             std::vector<std::uint64_t> rows,
                                             std::vector<Scaling> scaling);

}  // namespace amalgam
