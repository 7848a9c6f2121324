// Some rows of a task's data, in place of all.
#pragma once

#include <memory>
#include <vector>

#include "formats/rows.h"
#include "obfuscate/row_scaling.h"
#include "obfuscate/scaling.h"

namespace amalgam {

// How one field is scaled: by columns, or each row by itself, or not at all.
struct FieldScaling {
  Scaling columns;
  RowScaling rows;

  bool is_any() const { return rows.is_any() || !columns.groups.empty(); }
};

// Row i is row rows[i] of `source`; fields with a scaling are scaled.
std::shared_ptr<const RowSource> chosen_rows(std::shared_ptr<const RowSource> source,
                                             std::vector<std::uint64_t> rows,
                                             std::vector<FieldScaling> scaling);

}  // namespace amalgam
