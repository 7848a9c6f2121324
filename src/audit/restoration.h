// Restoring a stream from the samples alone, without the model: columns that go with others, and
// columns that do not.
#pragma once

#include <vector>

#include "amalgam/audit.h"
#include "audit/job_view.h"

namespace amalgam {

// Of the first sub-network's first tensor, the columns that do not look like independent noise,
// ascending. A column is natural where it correlates with another, never changes, or varies much
// less or more than the columns do that correlate with none.
std::vector<std::uint64_t> natural_columns(const JobView& job, unsigned threads);

// Scored with the wanted stream's columns.
Restoration match_columns(const JobView& job, const std::vector<std::uint64_t>& natural,
                          std::size_t wanted);

}  // namespace amalgam
